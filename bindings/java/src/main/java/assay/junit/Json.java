package assay.junit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what the admin API answers: maps, lists, strings, numbers (Double), Boolean, null. The sender is trusted: what is no JSON ends in an exception. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  static Object read(String text) {
    return new Json(text).value();
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) out.append(c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
    return out.append('"').toString();
  }

  private char next() {
    while (Character.isWhitespace(text.charAt(at))) ++at;
    return text.charAt(at);
  }

  private Object value() {
    switch (next()) {
      case '{': return object();
      case '[': return list();
      case '"': return string();
      case 't': at += 4; return true;
      case 'f': at += 5; return false;
      case 'n': at += 4; return null;
      default: return number();
    }
  }

  private Map<String, Object> object() {
    Map<String, Object> out = new LinkedHashMap<>();
    for (++at; next() != '}';) {
      if (next() == ',') ++at;
      next();
      String name = string();
      if (next() != ':') throw new IllegalStateException("no JSON at " + at);
      ++at;
      out.put(name, value());
    }
    ++at;
    return out;
  }

  private List<Object> list() {
    List<Object> out = new ArrayList<>();
    for (++at; next() != ']';) {
      if (next() == ',') ++at;
      out.add(value());
    }
    ++at;
    return out;
  }

  private Double number() {
    int from = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) ++at;
    return Double.valueOf(text.substring(from, at));
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    for (++at; text.charAt(at) != '"'; ++at) {
      if (text.charAt(at) != '\\') {
        out.append(text.charAt(at));
        continue;
      }
      char escaped = text.charAt(++at);
      int plain = "nrtbf".indexOf(escaped);
      if (escaped == 'u') {
        out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
        at += 4;
      } else {
        out.append(plain < 0 ? escaped : "\n\r\t\b\f".charAt(plain));
      }
    }
    ++at;
    return out.toString();
  }
}
