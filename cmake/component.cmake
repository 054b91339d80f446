# vitpose_component(name SOURCES ... LINKS ...): one layer of the house.
# vitpose_<name>_objects goes into libvitpose; vitpose_<name> is the same objects as a static library, for
# tests, benches and tools that look inside.
function(vitpose_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  vitpose_keep_own_isa(arg_SOURCES)
  vitpose_isa_flags(${arg_SOURCES})
  add_library(vitpose_${name}_objects OBJECT ${arg_SOURCES})
  target_link_libraries(vitpose_${name}_objects PRIVATE vitpose_options ${arg_LINKS})
  add_library(vitpose_${name} STATIC $<TARGET_OBJECTS:vitpose_${name}_objects>)
  target_link_libraries(vitpose_${name} PUBLIC vitpose_options ${arg_LINKS})
endfunction()

# vitpose_test(name SOURCES ... LINKS ...): one doctest executable, one ctest.
function(vitpose_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  vitpose_isa_flags(${arg_SOURCES})
  add_executable(test_${name} ${arg_SOURCES} ${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp)
  target_link_libraries(test_${name} PRIVATE vitpose_options ${arg_LINKS} doctest::doctest)
  add_test(NAME ${name} COMMAND test_${name})
endfunction()
