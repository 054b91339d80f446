#include "tools/vitpose/pose_writer.h"

#include <cstdio>
#include <utility>

#include "io/output_file.h"
#include "tools/vitpose/numbers.h"
#include "tools/vitpose/pose_json.h"

namespace vitpose::tools {

namespace {

// Nothing appears in the file before finish().
class FileWriter : public PoseWriter {
 public:
  explicit FileWriter(const PoseOutput& output) : legend_(output.legend), file_(output.path) {}
  void finish() override { file_.commit(); }

 protected:
  const KeypointLegend& legend() const { return legend_; }
  void write(const std::string& text) { file_.write(text); }

 private:
  KeypointLegend legend_;
  engine::OutputFile file_;
};

// {"images":[...]}, one line per image
class JsonWriter : public FileWriter {
 public:
  using FileWriter::FileWriter;
  void add(const ImageResult& image) override { add_entry(image_json(image)); }
  void add_failed(const ImageResult& image, const std::string& error) override {
    add_entry(failure_json(image, error));
  }
  void finish() override {
    write(empty_ ? "{\"images\":[]}\n" : "\n]}\n");
    FileWriter::finish();
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
  explicit JsonLinesWriter(const PoseOutput& output) : file_(output.path, output.existing) {}
  void add(const ImageResult& image) override { file_.write(image_json(image)); }
  void add_failed(const ImageResult& image, const std::string& error) override {
    file_.write(failure_json(image, error));
  }
  void finish() override { file_.finish(); }

 private:
  LineFile file_;
};

// COCO's list of keypoint results: x, y, score of all K keypoints flat, those below the threshold zero.
class CocoWriter : public FileWriter {
 public:
  using FileWriter::FileWriter;
  void add(const ImageResult& image) override {
    for (std::size_t i = 0; i < image.poses.size(); ++i) {
      write((empty_ ? "[\n" : ",\n") + result_json(image, image.subjects[i], image.poses[i]));
      empty_ = false;
    }
  }
  void add_failed(const ImageResult&, const std::string&) override {}
  void finish() override {
    write(empty_ ? "[]\n" : "\n]\n");
    FileWriter::finish();
  }

 private:
  std::string result_json(const ImageResult& image, const Subject& subject, const Pose& pose) const {
    std::vector<float> flat(3 * legend().keypoints());
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

class CsvWriter : public FileWriter {
 public:
  explicit CsvWriter(const PoseOutput& output) : FileWriter(output) { write("path,person,label,name,x,y,score\n"); }
  void add(const ImageResult& image) override {
    for (std::size_t person = 0; person < image.poses.size(); ++person) {
      const Pose& pose = image.poses[person];
      const std::vector<std::string>& names = legend().names(image.subjects[person]);
      for (std::size_t i = 0; i < pose.keypoints.size(); ++i) {
        write(csv_field(image.frame ? std::to_string(*image.frame) : image.path) + "," + std::to_string(person) + "," +
              std::to_string(pose.labels[i]) + "," + csv_field(names.at(static_cast<std::size_t>(pose.labels[i]))) +
              "," + to_text(pose.keypoints[i].x) + "," + to_text(pose.keypoints[i].y) + "," + to_text(pose.scores[i]) +
              "\n");
      }
    }
  }
  void add_failed(const ImageResult&, const std::string&) override {}
};

// For people: rounded to what an eye can use.
class TextWriter : public FileWriter {
 public:
  using FileWriter::FileWriter;
  void add(const ImageResult& image) override {
    write(image.name() + ": " + std::to_string(image.width) + "x" + std::to_string(image.height) + ", " +
          std::to_string(image.poses.size()) + (image.poses.size() == 1 ? " pose\n" : " poses\n"));
    for (std::size_t person = 0; person < image.poses.size(); ++person) {
      const Box& box = image.subjects[person].box;
      write(std::string("  person ") + std::to_string(person) + ", box " + to_text(box.x) + "," + to_text(box.y) + "," +
            to_text(box.width) + "," + to_text(box.height) + "\n");
      add_keypoints(image.poses[person], legend().names(image.subjects[person]));
    }
  }
  void add_failed(const ImageResult& image, const std::string& error) override {
    write(image.name() + ": error: " + error + "\n");
  }

 private:
  void add_keypoints(const Pose& pose, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < pose.keypoints.size(); ++i) {
      char numbers[160];
      std::snprintf(numbers, sizeof(numbers), " %9.2f %9.2f  score %.3f\n", static_cast<double>(pose.keypoints[i].x),
                    static_cast<double>(pose.keypoints[i].y), static_cast<double>(pose.scores[i]));
      std::string name = names.at(static_cast<std::size_t>(pose.labels[i]));
      if (name.size() < 16) name.resize(16, ' ');
      write("    " + name + numbers);
    }
  }
};

}  // namespace

std::unique_ptr<PoseWriter> PoseWriter::make(const PoseOutput& output) {
  if (output.format == "jsonl") return std::make_unique<JsonLinesWriter>(output);
  if (output.format == "coco") return std::make_unique<CocoWriter>(output);
  if (output.format == "csv") return std::make_unique<CsvWriter>(output);
  if (output.format == "text") return std::make_unique<TextWriter>(output);
  return std::make_unique<JsonWriter>(output);
}

}  // namespace vitpose::tools
