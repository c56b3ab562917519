// Bars on a logarithmic scale as inline SVG that needs no script: widths in percent, text in pixels, so that
// it is read on a phone as on a desk. Colours come from the page (html/bench.css). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace assay::reports {

struct Bar {
  std::string label;
  std::string kind;             // its colour: "floor", "limit", "ours", "peer", "wire", "client"
  std::optional<double> value;  // none = no bar; `text` says why
  std::optional<double> reach;  // a thin line from the bar's end to here: a p99, a longer stream
  std::string text;             // the value for people
};

// Whole decades around every value: 10^from to 10^to.
struct LogScale {
  int from = 0, to = 1;
  // In percent of the width; 0 for what is not above zero.
  double at(double value) const;
};
LogScale scale_of(const std::vector<double>& values);

struct Chart {
  std::string title;
  std::string unit;            // of all numbers: "GB/s"
  std::optional<double> line;  // a dashed line across all bars
  std::vector<Bar> bars;
};

// <figure> with a caption and one <svg>, or "" without bars.
std::string chart_html(const Chart& chart, const LogScale& scale);

// Three digits that say something: 0.0425, 0.425, 4.25, 42.5, 425, 4,250.
std::string short_number(double value);

}  // namespace assay::reports
