#include "draw/stroke_font.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vitpose::engine {

namespace {

// Polylines on a grid, separated by spaces; a point is a digit to the right and a digit upwards. Base line 2,
// height of small letters 6, of capitals 8, descenders 0. A single point is a dot.
constexpr char kFirst = ' ';
constexpr std::array<const char*, 95> kGlyphs{
    "",                                  // space
    "0804 02",                           // !
    "0806 2826",                         // "
    "1218 3238 0444 0646",               // #
    "473818070615354443321203 2129",     // $
    "0248 0708 4342",                    // %
    "42060718272603122244",              // &
    "0806",                              // '
    "18070312",                          // (
    "08171302",                          // )
    "2428 0547 0745",                    // *
    "0545 2327",                         // +
    "1201",                              // ,
    "0535",                              // -
    "02",                                // .
    "0248",                              // /
    "120307182837332212",                // 0
    "071812 0222",                       // 1
    "07182837360232",                    // 2
    "07182837362515 253433221203",       // 3
    "22280434",                          // 4
    "380805253433221203",                // 5
    "372818070312223334251504",          // 6
    "083812",                            // 7
    "15060718283736251504031222333425",  // 8
    "031222333728180706152536",          // 9
    "02 05",                             // :
    "1201 15",                           // ;
    "370533",                            // <
    "0444 0646",                         // =
    "073503",                            // >
    "07182837362524 22",                 // ?
    "4332120307183847453424253646",      // @
    "022842 1434",                       // A
    "0208 083847463505 3544433202",      // B
    "4738180703123243",                  // C
    "02082847432202",                    // D
    "42020848 0535",                     // E
    "020848 0535",                       // F
    "47381807031232434525",              // G
    "0208 4248 0545",                    // H
    "0222 1218 0828",                    // I
    "3833221203",                        // J
    "0208 4805 1642",                    // K
    "080242",                            // L
    "0208254842",                        // M
    "02084248",                          // N
    "120307183847433212",                // O
    "02083847463505",                    // P
    "120307183847433212 2442",           // Q
    "02083847463505 2542",               // R
    "473818070615354443321203",          // S
    "0848 2822",                         // T
    "080312324348",                      // U
    "082248",                            // V
    "0812263248",                        // W
    "0248 0842",                         // X
    "082548 2522",                       // Y
    "08480242",                          // Z
    "18080212",                          // [
    "0842",                              // backslash
    "08181202",                          // ]
    "062846",                            // ^
    "0141",                              // _
    "0817",                              // `
    "16263532 341403122233",             // a
    "0802 0516263533221203",             // b
    "3526160503122233",                  // c
    "3832 3526160503122233",             // d
    "04343526160503122233",              // e
    "281712 0626",                       // f
    "3631201001 3526160503122233",       // g
    "0802 0516263532",                   // h
    "0602 08",                           // i
    "161100 18",                         // j
    "0802 3604 1532",                    // k
    "080312",                            // l
    "0206 05162522 25364542",            // m
    "0206 0516263532",                   // n
    "120305162635332212",                // o
    "0006 0516263533221203",             // p
    "3036 3526160503122233",             // q
    "0206 041626",                       // r
    "35261605142433221203",              // s
    "181322 0626",                       // t
    "0603122233 3632",                   // u
    "062246",                            // v
    "0612253246",                        // w
    "0236 0632",                         // x
    "0622 4610",                         // y
    "06360232",                          // z
    "28171605141322",                    // {
    "0109",                              // |
    "08171625141302",                    // }
    "05163445",                          // ~
};
constexpr double kCapital = 6;  // grid units from the base line
constexpr double kBaseLine = 2;
constexpr double kSpace = 2;   // width of a space
constexpr double kGap = 1.75;  // between letters

std::string_view glyph_of(char letter) {
  const int index = letter - kFirst;
  const bool known = index >= 0 && index < static_cast<int>(kGlyphs.size());
  return kGlyphs[static_cast<std::size_t>(known ? index : '?' - kFirst)];
}

double glyph_width(std::string_view glyph) {
  if (glyph.empty()) return kSpace;
  int widest = 0;
  for (std::size_t i = 0; i + 1 < glyph.size(); i += glyph[i] == ' ' ? 1 : 2) {
    if (glyph[i] != ' ') widest = std::max(widest, glyph[i] - '0');
  }
  return widest;
}

}  // namespace

double text_width(std::string_view text, double height) {
  double units = 0;
  for (const char letter : text) units += glyph_width(glyph_of(letter)) + kGap;
  return text.empty() ? 0 : (units - kGap) * height / kCapital;
}

void append_text(std::string_view text, const TextStyle& style, std::vector<Stroke>& strokes) {
  const double unit = style.height / kCapital;
  double left = style.origin.x;
  for (const char letter : text) {
    const std::string_view glyph = glyph_of(letter);
    bool pen_down = false;
    Point last;
    for (std::size_t i = 0; i < glyph.size();) {
      if (glyph[i] == ' ') {
        pen_down = false;
        ++i;
        continue;
      }
      const Point next{left + (glyph[i] - '0') * unit, style.origin.y - (glyph[i + 1] - '0' - kBaseLine) * unit};
      const bool dot = !pen_down && (i + 2 == glyph.size() || glyph[i + 2] == ' ');
      if (pen_down || dot) {
        strokes.push_back({pen_down ? last : next, next, style.radius, style.radius, style.colour, style.opacity});
      }
      last = next;
      pen_down = true;
      i += 2;
    }
    left += (glyph_width(glyph) + kGap) * unit;
  }
}

}  // namespace vitpose::engine
