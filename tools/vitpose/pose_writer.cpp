#include "tools/vitpose/pose_writer.h"

#include <cstdio>
#include <utility>

#include "io/json.h"
#include "tools/vitpose/numbers.h"

namespace vitpose::tools {

namespace {

template <class Items, class ItemToText>
std::string joined(const Items& items, const char* separator, const ItemToText& to_string) {
  std::string text;
  bool first = true;
  for (const auto& item : items) {
    if (!first) text += separator;
    first = false;
    text += to_string(item);
  }
  return text;
}

template <class Items>
std::string number_list(const Items& items) {
  return std::string("[") + joined(items, ",", [](auto value) { return to_json(value); }) + "]";
}

std::string box_json(const Box& box) {
  return number_list(std::array<double, 4>{box.x, box.y, box.width, box.height});
}

std::string pose_json(const Subject& subject, const Pose& pose) {
  const auto point = [](const Point& p) { return number_list(std::array<float, 2>{p.x, p.y}); };
  return std::string("{\"box\":") + box_json(subject.box) + ",\"keypoints\":[" + joined(pose.keypoints, ",", point) +
         "],\"scores\":" + number_list(pose.scores) + ",\"labels\":[" +
         joined(pose.labels, ",", [](std::int64_t label) { return std::to_string(label); }) +
         "],\"bbox\":" + number_list(pose.bbox) + "}";
}

std::string image_json(const ImageResult& image) {
  std::string text = std::string("{\"path\":") + engine::json_quote(image.path);
  if (image.width > 0) {
    text += std::string(",\"width\":") + std::to_string(image.width) + ",\"height\":" + std::to_string(image.height);
  }
  text += ",\"poses\":[";
  for (std::size_t i = 0; i < image.poses.size(); ++i) {
    text += (i == 0 ? "" : ",") + pose_json(image.subjects[i], image.poses[i]);
  }
  return text + "]}";
}

std::string failure_json(const std::string& path, const std::string& error) {
  return std::string("{\"path\":") + engine::json_quote(path) + ",\"error\":" + engine::json_quote(error) + "}";
}

// {"images":[...]}, one line per image
class JsonWriter : public PoseWriter {
 public:
  using PoseWriter::PoseWriter;
  void add(const ImageResult& image) override { add_entry(image_json(image)); }
  void add_failed(const std::string& path, const std::string& error) override { add_entry(failure_json(path, error)); }
  void finish() override {
    write(empty_ ? "{\"images\":[]}\n" : "\n]}\n");
    PoseWriter::finish();
  }

 private:
  void add_entry(const std::string& entry) {
    write((empty_ ? "{\"images\":[\n" : ",\n") + entry);
    empty_ = false;
  }
  bool empty_ = true;
};

class JsonLinesWriter : public PoseWriter {
 public:
  using PoseWriter::PoseWriter;
  void add(const ImageResult& image) override { write(image_json(image) + "\n"); }
  void add_failed(const std::string& path, const std::string& error) override {
    write(failure_json(path, error) + "\n");
  }
};

// COCO's list of keypoint results: x, y, score of all K keypoints flat, those below the threshold zero.
class CocoWriter : public PoseWriter {
 public:
  using PoseWriter::PoseWriter;
  void add(const ImageResult& image) override {
    for (std::size_t i = 0; i < image.poses.size(); ++i) {
      write((empty_ ? "[\n" : ",\n") + result_json(image, image.subjects[i], image.poses[i]));
      empty_ = false;
    }
  }
  void add_failed(const std::string&, const std::string&) override {}
  void finish() override {
    write(empty_ ? "[]\n" : "\n]\n");
    PoseWriter::finish();
  }

 private:
  std::string result_json(const ImageResult& image, const Subject& subject, const Pose& pose) const {
    std::vector<float> flat(3 * names().size());
    double sum = 0;
    for (std::size_t i = 0; i < pose.keypoints.size(); ++i) {
      const auto k = 3 * static_cast<std::size_t>(pose.labels[i]);
      flat[k] = pose.keypoints[i].x;
      flat[k + 1] = pose.keypoints[i].y;
      flat[k + 2] = pose.scores[i];
      sum += static_cast<double>(pose.scores[i]);
    }
    const double mean = pose.scores.empty() ? 0 : sum / static_cast<double>(pose.scores.size());
    return std::string("{\"image_id\":") + std::to_string(image.id.value_or(0)) +
           ",\"category_id\":" + std::to_string(subject.category) + ",\"keypoints\":" + number_list(flat) +
           ",\"score\":" + to_json(subject.score * mean) + "}";
  }
  bool empty_ = true;
};

// RFC 4180: quotes only where needed
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

class CsvWriter : public PoseWriter {
 public:
  CsvWriter(const std::string& path, std::vector<std::string> keypoint_names)
      : PoseWriter(path, std::move(keypoint_names)) {
    write("path,person,label,name,x,y,score\n");
  }
  void add(const ImageResult& image) override {
    for (std::size_t person = 0; person < image.poses.size(); ++person) {
      const Pose& pose = image.poses[person];
      for (std::size_t i = 0; i < pose.keypoints.size(); ++i) {
        write(csv_field(image.path) + "," + std::to_string(person) + "," + std::to_string(pose.labels[i]) + "," +
              csv_field(names().at(static_cast<std::size_t>(pose.labels[i]))) + "," + to_text(pose.keypoints[i].x) +
              "," + to_text(pose.keypoints[i].y) + "," + to_text(pose.scores[i]) + "\n");
      }
    }
  }
  void add_failed(const std::string&, const std::string&) override {}
};

// For people: rounded to what an eye can use.
class TextWriter : public PoseWriter {
 public:
  using PoseWriter::PoseWriter;
  void add(const ImageResult& image) override {
    write(image.path + ": " + std::to_string(image.width) + "x" + std::to_string(image.height) + ", " +
          std::to_string(image.poses.size()) + (image.poses.size() == 1 ? " pose\n" : " poses\n"));
    for (std::size_t person = 0; person < image.poses.size(); ++person) {
      const Box& box = image.subjects[person].box;
      write(std::string("  person ") + std::to_string(person) + ", box " + to_text(box.x) + "," + to_text(box.y) + "," +
            to_text(box.width) + "," + to_text(box.height) + "\n");
      add_keypoints(image.poses[person]);
    }
  }
  void add_failed(const std::string& path, const std::string& error) override {
    write(path + ": error: " + error + "\n");
  }

 private:
  void add_keypoints(const Pose& pose) {
    for (std::size_t i = 0; i < pose.keypoints.size(); ++i) {
      char numbers[160];
      std::snprintf(numbers, sizeof(numbers), " %9.2f %9.2f  score %.3f\n", static_cast<double>(pose.keypoints[i].x),
                    static_cast<double>(pose.keypoints[i].y), static_cast<double>(pose.scores[i]));
      std::string name = names().at(static_cast<std::size_t>(pose.labels[i]));
      if (name.size() < 16) name.resize(16, ' ');
      write("    " + name + numbers);
    }
  }
};

}  // namespace

std::unique_ptr<PoseWriter> PoseWriter::make(const std::string& format, const std::string& path,
                                             std::vector<std::string> names) {
  if (format == "jsonl") return std::make_unique<JsonLinesWriter>(path, std::move(names));
  if (format == "coco") return std::make_unique<CocoWriter>(path, std::move(names));
  if (format == "csv") return std::make_unique<CsvWriter>(path, std::move(names));
  if (format == "text") return std::make_unique<TextWriter>(path, std::move(names));
  return std::make_unique<JsonWriter>(path, std::move(names));
}

}  // namespace vitpose::tools
