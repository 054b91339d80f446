# Install and export: the library, its two headers, the command line, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

target_include_directories(vitpose INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(vitpose INTERFACE cxx_std_20)
set_target_properties(vitpose PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
if(BUILD_SHARED_LIBS)
  target_link_options(vitpose PRIVATE LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map)
  set_property(TARGET vitpose APPEND PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)
else()
  target_compile_definitions(vitpose INTERFACE VITPOSE_STATIC)
endif()

# Whoever links the static library links what it uses too: find_package names for CMake, -l flags for pkg-config.
set(vitpose_dependencies)
set(vitpose_private_libs -lstdc++ -lm)
set(vitpose_static_define)
if(NOT BUILD_SHARED_LIBS)
  set(vitpose_static_define -DVITPOSE_STATIC)
  get_target_property(libraries vitpose LINK_LIBRARIES)
  foreach(entry "Threads::Threads Threads -pthread" "JPEG::JPEG JPEG -ljpeg")
    separate_arguments(entry)
    list(GET entry 0 library)
    if(library IN_LIST libraries)
      list(GET entry 1 package)
      list(GET entry 2 flag)
      list(APPEND vitpose_dependencies ${package})
      list(APPEND vitpose_private_libs ${flag})
    endif()
  endforeach()
  if(VITPOSE_ONEDNN_LIBRARY IN_LIST libraries)
    list(APPEND vitpose_private_libs -ldnnl)  # CMake's users get the file's path
  endif()
  if(CMAKE_DL_LIBS IN_LIST libraries)
    list(APPEND vitpose_private_libs -l${CMAKE_DL_LIBS})
  endif()
endif()
list(JOIN vitpose_private_libs " " vitpose_private_libs)

install(TARGETS vitpose EXPORT vitpose
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/vitpose DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/vitpose)
install(EXPORT vitpose NAMESPACE vitpose:: FILE vitpose-targets.cmake DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/vitpose-config.cmake.in
  ${PROJECT_BINARY_DIR}/vitpose-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/vitpose-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/vitpose-config.cmake ${PROJECT_BINARY_DIR}/vitpose-config-version.cmake
  DESTINATION ${package_dir})

# The .pc file finds its prefix from where it lies, so that an installed tree may be moved.
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/vitpose.pc.in ${PROJECT_BINARY_DIR}/vitpose.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/vitpose.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
