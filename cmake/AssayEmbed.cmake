# assay_embed(TARGET NAMESPACE FILE...): compiles text files into TARGET. A file `page.css` becomes
# `extern const std::string_view page_css;` of NAMESPACE; declare it where it is used.
function(assay_embed target namespace)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} symbol)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cpp)
    add_custom_command(
      OUTPUT ${source}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${CMAKE_CURRENT_SOURCE_DIR}/${file} -DOUTPUT=${source} -DSYMBOL=${symbol}
              -DNAMESPACE=${namespace} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
      VERBATIM)
    # All of them call their bytes by the same name.
    set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    target_sources(${target} PRIVATE ${source})
  endforeach()
endfunction()
