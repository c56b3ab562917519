#include "reports/html.h"

#include <fmt/format.h>

#include <string_view>

#include "reports/html_data.h"

namespace assay::reports {

extern const std::string_view page_html;
extern const std::string_view report_css;
extern const std::string_view report_js;

namespace {

std::string script(std::string_view id, const std::string& text) {
  return fmt::format("<script type=\"application/octet-stream\" id=\"{}\">{}</script>\n", id, packed(text));
}

}  // namespace

std::string render_html(const RunRecord& record, const HtmlOptions& options) {
  // Journals are repetitive: zlib and base64 leave a quarter or much less. Where they do not, less is kept.
  std::string data;
  for (std::size_t evidence = options.file_evidence * 4;; evidence /= 2) {
    const HtmlData parts = html_data(record, options.green_evidence, evidence);
    data.clear();
    for (std::size_t i = 0; i < parts.blocks.size(); ++i)
      data += script(fmt::format("block-{}", i), parts.blocks[i]);
    const bool fits = data.size() <= options.file_evidence || evidence == 0;
    if (!fits) continue;
    data += script("index", parts.index);
    break;
  }
  std::string page(page_html);
  const auto fill = [&](std::string_view mark, std::string_view text) {
    page.replace(page.find(mark), mark.size(), text);
  };
  fill("{{style}}", report_css);
  fill("{{script}}", report_js);
  fill("{{data}}", data);
  return page;
}

}  // namespace assay::reports
