#include "reports/site/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "reports/junit.h"
#include "reports/record/topic.h"
#include "reports/seen.h"
#include "reports/site/site_model.h"
#include "reports/table_css.h"

namespace assay::reports {

extern const std::string_view site_css;

namespace {

std::string_view topic_of_rank(std::size_t rank) {
  return rank < topics().size() ? topics()[rank].title : "Other";
}

// `up` leads from the page to the site's folder: "" or "../".
std::string page(const std::string& title, const std::string& up, const RunRecord& record,
                 const std::string& body) {
  // The index says what is wrong with the record; the other pages say that something is.
  std::string notes;
  if (up.empty())
    for (const std::string& note : record.notes)
      notes += fmt::format("<p class=\"note\">{}</p>\n", xml_escape(note));
  else if (!record.complete())
    notes = "<p class=\"note\">The run is incomplete.</p>\n";
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; img-src "
      "'self'\">"
      "<title>{0}</title><link rel=\"stylesheet\" href=\"{1}style.css\"></head><body>\n"
      "<nav><a href=\"{1}index.html\">All clients</a></nav>\n<h1>{0}</h1>\n{2}{3}"
      "<footer>assay {4}, {5}, seed {6}</footer>\n</body></html>\n",
      xml_escape(title), up, notes, body, xml_escape(record.header.assay), xml_escape(record.header.started),
      record.header.seed);
}

std::string client_link(const std::string& up, const std::string& name) {
  return fmt::format("<a href=\"{}clients/{}.html\">{}</a>", up, path_name(name), xml_escape(name));
}

std::string question_path(const std::string& id) {
  return "questions/" + path_name(id) + ".html";
}

std::string verdict_tag(Verdict verdict) {
  return fmt::format("<span class=\"v {0}\">{0}</span>", to_string(verdict));
}

// "12/14", green when all came out right.
std::string count_cell(const Tally& tally) {
  const std::uint64_t all = asked(tally);
  if (all == 0) return "<td class=\"absent\">–</td>";
  const std::uint64_t good = tally.of(Verdict::pass);
  return fmt::format("<td class=\"{}\">{}/{}</td>",
                     good == all ? "yes"
                     : good == 0 ? "no"
                                 : "partly",
                     good, all);
}

std::string index_page(const RunRecord& record, const SiteModel& model) {
  std::string body = fmt::format(
      "<p>{} questions, put to {} clients. A cell says how many plays of those that apply passed.</p>\n"
      "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>client</th><th>version</th><th>all</th>",
      model.questions.size(), model.clients.size());
  for (const std::size_t rank : model.topics)
    body += fmt::format("<th class=\"turned\"><span>{}</span></th>", topic_of_rank(rank));
  body += "</tr></thead><tbody>\n";
  for (const SiteClient& client : model.clients) {
    body += fmt::format("<tr><th>{}</th><td>{}</td>{}", client_link("", client.info.name),
                        xml_escape(client.info.version), count_cell(client.all));
    for (const std::size_t rank : model.topics) {
      const auto found = client.by_topic.find(rank);
      body += found == client.by_topic.end() ? "<td></td>" : count_cell(found->second);
    }
    body += "</tr>\n";
  }
  body += "</tbody></table></div>\n<h2>Questions</h2>\n";
  std::size_t last = topics().size() + 1;
  for (const SiteQuestion& question : model.questions) {
    if (const std::size_t rank = topic_rank(question.first->topic); rank != last) {
      body +=
          fmt::format("{}<h3>{}</h3>\n<ul>\n", last > topics().size() ? "" : "</ul>\n", topic_of_rank(rank));
      last = rank;
    }
    std::size_t red = 0;
    for (const auto& [client, plays] : question.plays)
      red += std::any_of(plays.begin(), plays.end(), [](const CaseRecord* c) { return is_red(c->verdict); })
                 ? 1
                 : 0;
    body += fmt::format(
        "<li><a href=\"{}\">{}</a>{}</li>\n", question_path(question.id), xml_escape(question.first->title),
        red == 0 ? "" : fmt::format(" <span class=\"no\">{} of {} fail</span>", red, question.plays.size()));
  }
  return page("Compatibility", "", record, body + (model.questions.empty() ? "" : "</ul>\n"));
}

// A row of a client's page, or of a question's, where `head` names the other side.
std::string play_row(const CaseRecord& c, const std::string& head) {
  std::string out = fmt::format(
      "<tr><td>{}</td><td class=\"text\">{}<br><span class=\"quiet\">{}, {}</span></td><td class=\"text\">{}",
      verdict_tag(c.verdict), head, xml_escape(c.name), c.level, xml_escape(one_line(c.reason, 600)));
  for (const Check* check : failed_checks(c))
    out +=
        fmt::format("<br><span class=\"quiet\">{}: expected {}; observed {}</span>", xml_escape(check->name),
                    xml_escape(one_line(check->expected, 300)), xml_escape(one_line(check->observed, 300)));
  return out + "</td></tr>\n";
}

std::string client_page(const RunRecord& record, const SiteClient& client) {
  std::string body =
      fmt::format("<p>version {}, {}</p>\n<p><img src=\"../badges/{}.svg\" alt=\"{} of {}\"></p>\n",
                  xml_escape(client.info.version), describe(client.all), path_name(client.info.name),
                  client.all.of(Verdict::pass), asked(client.all));
  if (!client.info.packages.empty())
    body += fmt::format("<p>{}</p>\n", xml_escape(fmt::format("{}", fmt::join(client.info.packages, ", "))));
  // By topic; there must before should before may, and worst first.
  std::vector<const CaseRecord*> red = attention(record);
  std::erase_if(red, [&](const CaseRecord* c) { return c->client != client.info.name; });
  std::stable_sort(red.begin(), red.end(), [](const CaseRecord* a, const CaseRecord* b) {
    return topic_rank(a->topic) < topic_rank(b->topic);
  });
  std::vector<const CaseRecord*> green;
  std::map<std::string, std::size_t> not_asked;
  for (const CaseRecord* c : client.cases) {
    if (c->verdict == Verdict::not_applicable)
      ++not_asked[one_line(c->reason, 200)];
    else if (is_green(c->verdict))
      green.push_back(c);
  }
  const auto link = [](const CaseRecord& c) {
    return fmt::format("<a href=\"../{}\">{}</a>", question_path(question_of(c)), xml_escape(c.title));
  };
  body += fmt::format("<h2>What does not hold ({})</h2>\n", red.size());
  std::size_t last = topics().size() + 1;
  for (const CaseRecord* c : red) {
    if (const std::size_t topic = topic_rank(c->topic); topic != last) {
      body += fmt::format("{}<h3>{}</h3>\n<table>", last > topics().size() ? "" : "</table>\n",
                          topic_of_rank(topic));
      last = topic;
    }
    body += play_row(*c, link(*c));
  }
  if (!red.empty()) body += "</table>\n";
  body += fmt::format("<details><summary>What holds ({})</summary><ul>\n", green.size());
  for (const CaseRecord* c : green)
    body += fmt::format("<li>{} <span class=\"quiet\">{}</span></li>\n", link(*c), xml_escape(c->name));
  body += "</ul></details>\n<details><summary>What it was not asked, and why</summary><ul>\n";
  for (const auto& [reason, count] : not_asked)
    body += fmt::format("<li>{}: {}</li>\n", count, xml_escape(reason));
  return page(client.info.name, "../", record, body + "</ul></details>\n");
}

std::string question_page(const RunRecord& record, const SiteQuestion& question) {
  const CaseRecord& first = *question.first;
  std::string body = fmt::format("<p><code>{}</code> · {} · {}</p>\n<p class=\"requirement\">{}</p>\n",
                                 xml_escape(question.id), topic_of_rank(topic_rank(first.topic)), first.level,
                                 xml_escape(first.requirement));
  if (!question.seen_in.empty()) body += "<h2>Seen in</h2>\n<ul>\n";
  for (const std::string& id : question.seen_in) {
    const Seen* seen = find_seen(id);
    body += fmt::format("<li>{}", xml_escape(seen == nullptr ? id : seen->title));
    if (seen != nullptr)
      for (const SeenSource& source : seen->sources)
        if (!source.url.empty())
          body += fmt::format(" <a href=\"{}\">{}</a>", xml_escape(source.url), xml_escape(source.name));
    body += "</li>\n";
  }
  if (!question.seen_in.empty()) body += "</ul>\n";
  body += "<h2>Clients</h2>\n<table>";
  for (const auto& [client, plays] : question.plays)
    for (const CaseRecord* c : plays) body += play_row(*c, client_link("../", client));
  return page(first.title, "../", record, body + "</table>\n");
}

// Widths are those of 11 px Verdana, taken as 6.6 px a character.
std::string badge(const RunRecord& record, const SiteClient& client) {
  const std::uint64_t all = asked(client.all);
  const std::uint64_t good = client.all.of(Verdict::pass);
  const std::string text = record.complete() ? fmt::format("{} of {}", good, all) : "incomplete";
  const char* color = !record.complete() ? "#777" : good == all ? "#2c8a3e" : "#b3541e";
  const int left = 46;
  const int right = static_cast<int>(static_cast<double>(text.size()) * 6.6) + 14;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"20\" role=\"img\" "
      "aria-label=\"assay: {1}\">"
      "<title>assay: {1}</title><rect width=\"{2}\" height=\"20\" fill=\"#444\"/><rect x=\"{2}\" "
      "width=\"{3}\" height=\"20\" "
      "fill=\"{4}\"/><g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" "
      "text-anchor=\"middle\">"
      "<text x=\"{5}\" y=\"14\">assay</text><text x=\"{6}\" y=\"14\">{1}</text></g></svg>\n",
      left + right, text, left, right, color, left / 2, left + right / 2);
}

}  // namespace

std::string path_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ||
                       (c == '.' && !out.empty());
    out += plain ? c : '-';
  }
  return out.empty() ? "-" : out;
}

Site render_site(const RunRecord& record) {
  const SiteModel model = site_model(record);
  Site out;
  out["style.css"] = std::string(table_css) + std::string(site_css);
  out["index.html"] = index_page(record, model);
  for (const SiteClient& client : model.clients) {
    out["clients/" + path_name(client.info.name) + ".html"] = client_page(record, client);
    out["badges/" + path_name(client.info.name) + ".svg"] = badge(record, client);
  }
  for (const SiteQuestion& question : model.questions)
    out[question_path(question.id)] = question_page(record, question);
  return out;
}

}  // namespace assay::reports
