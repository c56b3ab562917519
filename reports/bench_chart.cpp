#include "reports/bench_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/junit.h"

namespace assay::reports {
namespace {

constexpr int kRow = 38;   // pixels: a line of text, a bar, a gap
constexpr int kAxis = 22;  // below the last row
constexpr int kNumbers = 5;

// 0.01, 1, 100, 10k, 1M
std::string decade(int power) {
  if (power < 0) return fmt::format("{:.{}f}", std::pow(10, power), -power);
  constexpr std::array<const char*, 4> kUnits = {"", "k", "M", "G"};
  const int unit = std::min(power / 3, 3);
  return fmt::format("{:.0f}{}", std::pow(10, power - 3 * unit), kUnits.at(static_cast<std::size_t>(unit)));
}

}  // namespace

double LogScale::at(double value) const {
  if (value <= 0) return 0;
  return std::clamp((std::log10(value) - from) / (to - from) * 100, 0.0, 100.0);
}

LogScale scale_of(const std::vector<double>& values) {
  double least = INFINITY;
  double most = 0;
  for (const double value : values) {
    if (value <= 0) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  if (most <= 0) return {};
  LogScale out{static_cast<int>(std::floor(std::log10(least))),
               static_cast<int>(std::ceil(std::log10(most)))};
  // The least bar is still one.
  if (std::log10(least) - out.from < 0.15) --out.from;
  if (out.to <= out.from) out.to = out.from + 1;
  return out;
}

std::string short_number(double value) {
  if (value != 0 && std::abs(value) < 99.95) {
    const auto power = static_cast<int>(std::floor(std::log10(std::abs(value))));
    return fmt::format("{:.{}f}", value, std::clamp(2 - power, 1, 6));
  }
  std::string digits = fmt::format("{:.0f}", std::abs(value));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return (value < 0 ? "-" : "") + digits;
}

std::string chart_html(const Chart& chart, const LogScale& scale) {
  if (chart.bars.empty()) return {};
  const auto height = static_cast<int>(chart.bars.size()) * kRow;
  std::string told = chart.title + ":";
  for (const Bar& bar : chart.bars) told += fmt::format(" {} {};", bar.label, bar.text);
  std::string out = fmt::format(
      "<figure><figcaption>{} <small>{}</small></figcaption><svg width=\"100%\" height=\"{}\" role=\"img\" "
      "aria-label=\"{}\">\n",
      xml_escape(chart.title), xml_escape(chart.unit), height + kAxis, xml_escape(told));
  for (int power = scale.from; power <= scale.to; ++power) {
    const double x = 100.0 * (power - scale.from) / (scale.to - scale.from);
    out += fmt::format("<line class=\"grid\" x1=\"{0:.2f}%\" x2=\"{0:.2f}%\" y1=\"0\" y2=\"{1}\"/>\n", x,
                       height);
    // Six numbers side by side are as many as a phone has room for.
    if (scale.to - scale.from > kNumbers && (scale.to - power) % 2 != 0) continue;
    const char* anchor = power == scale.from ? "start" : power == scale.to ? "end" : "middle";
    out += fmt::format("<text class=\"axis\" x=\"{:.2f}%\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", x,
                       height + kAxis - 6, anchor, decade(power));
  }
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    const Bar& bar = chart.bars[i];
    if (!bar.value) continue;
    const auto y = static_cast<double>(i) * kRow;
    const double width = scale.at(*bar.value);
    out += fmt::format(
        "<rect class=\"bar {}\" data-value=\"{}\" x=\"0\" y=\"{}\" width=\"{:.2f}%\" height=\"11\" "
        "rx=\"2\"/>\n",
        bar.kind, *bar.value, y + 20, width);
    if (bar.reach)
      out +=
          fmt::format("<line class=\"reach {0}\" x1=\"{1:.2f}%\" x2=\"{2:.2f}%\" y1=\"{3}\" y2=\"{3}\"/>\n",
                      bar.kind, width, scale.at(*bar.reach), y + 25.5);
  }
  if (chart.line)
    out += fmt::format("<line class=\"limit-line\" x1=\"{0:.2f}%\" x2=\"{0:.2f}%\" y1=\"0\" y2=\"{1}\"/>\n",
                       scale.at(*chart.line), height);
  // Text last: its halo keeps lines out of it.
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    const Bar& bar = chart.bars[i];
    out += fmt::format(
        "<text class=\"label\" x=\"0\" y=\"{0}\">{1}</text><text class=\"value\" x=\"100%\" y=\"{0}\" "
        "text-anchor=\"end\">{2}</text>\n",
        static_cast<int>(i) * kRow + 15, xml_escape(bar.label), xml_escape(bar.text));
  }
  return out + "</svg></figure>\n";
}

}  // namespace assay::reports
