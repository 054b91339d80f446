# The backends that take their matrix products from another library. For ops/CMakeLists.txt, which includes this:
# vitpose_backend_sources and vitpose_backend_links; which backends there are is told to backend.cpp alone.
set(vitpose_backend_sources)
set(vitpose_backend_links)
set(vitpose_backend_definitions)
set(vitpose_backend_names)

if(VITPOSE_EIGEN)
  find_package(Eigen3 3.3 QUIET NO_MODULE)
  if(Eigen3_FOUND)
    list(APPEND vitpose_backend_sources
      eigen/eigen_backend.cpp
      eigen/eigen_product_avx2.cpp
      eigen/eigen_product_avx512.cpp
      eigen/eigen_product_scalar.cpp)
    list(APPEND vitpose_backend_links Eigen3::Eigen)
    list(APPEND vitpose_backend_definitions VITPOSE_HAVE_EIGEN)
    string(APPEND vitpose_backend_names "eigen ")
  elseif(NOT VITPOSE_EIGEN STREQUAL "AUTO")
    message(FATAL_ERROR "Eigen 3.3 or later was not found. Debian: apt-get install libeigen3-dev (or -DVITPOSE_EIGEN=OFF)")
  endif()
endif()

# Not find_package(dnnl): the file that Debian ships for it demands OpenCL's headers, which nothing here needs.
if(VITPOSE_ONEDNN)
  find_path(VITPOSE_ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl_version.h)
  find_library(VITPOSE_ONEDNN_LIBRARY dnnl)
  mark_as_advanced(VITPOSE_ONEDNN_INCLUDE_DIR VITPOSE_ONEDNN_LIBRARY)
  set(onednn_version 0)
  if(VITPOSE_ONEDNN_INCLUDE_DIR AND VITPOSE_ONEDNN_LIBRARY)
    file(READ ${VITPOSE_ONEDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h onednn_header)
    string(REGEX MATCH "DNNL_VERSION_MAJOR +([0-9]+)" _ "${onednn_header}")
    set(onednn_version ${CMAKE_MATCH_1})
    string(REGEX MATCH "DNNL_VERSION_MINOR +([0-9]+)" _ "${onednn_header}")
    string(APPEND onednn_version .${CMAKE_MATCH_1})
  endif()
  if(onednn_version VERSION_GREATER_EQUAL 2.6 AND onednn_version VERSION_LESS 4)
    list(APPEND vitpose_backend_sources onednn/onednn_backend.cpp onednn/onednn_library.cpp)
    list(APPEND vitpose_backend_links ${VITPOSE_ONEDNN_LIBRARY} ${CMAKE_DL_LIBS})  # for dlsym, before glibc 2.34
    # -idirafter, because -isystem /usr/include would hide the compiler's own headers.
    set_source_files_properties(onednn/onednn_backend.cpp onednn/onednn_library.cpp PROPERTIES
      COMPILE_OPTIONS "-idirafter${VITPOSE_ONEDNN_INCLUDE_DIR}")
    list(APPEND vitpose_backend_definitions VITPOSE_HAVE_ONEDNN)
    string(APPEND vitpose_backend_names "onednn (${onednn_version})")
  elseif(NOT VITPOSE_ONEDNN STREQUAL "AUTO")
    message(FATAL_ERROR "oneDNN 2.6 to 3.x was not found (found version: ${onednn_version}). "
                        "Debian: apt-get install libdnnl-dev (or -DVITPOSE_ONEDNN=OFF)")
  endif()
endif()

if(vitpose_backend_sources)
  list(APPEND vitpose_backend_sources library/library_backend.cpp)
endif()
set_source_files_properties(backend.cpp PROPERTIES COMPILE_DEFINITIONS "${vitpose_backend_definitions}")
message(STATUS "Backends beside native and reference: ${vitpose_backend_names}")
