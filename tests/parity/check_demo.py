"""The demo model, whose peaks are those of a trained model, on the pictures that come with it."""

import json

import numpy as np
from PIL import Image

import check_pipeline
import models
import reference
from photos import ROOT, Photo
from zoo import Shape

MODEL = ROOT / "data/models/demo"


def samples():
    """Every subject of the sample pictures: [(photo, box)] and the experts."""
    crops, experts = [], []
    for listing in sorted((ROOT / "data/images").glob("*.boxes.json")):
        entries = json.loads(listing.read_text())
        path = listing.with_name(entries[0]["file_name"])
        photo = Photo(path, np.asarray(Image.open(path).convert("RGB")), [entry["bbox"] for entry in entries])
        crops += [(photo, [float(v) for v in box]) for box in photo.boxes]
        experts += [entry["expert"] for entry in entries]
    return crops, experts


def run(engine, report):
    report.section("the demo model on its sample pictures")
    crops, experts = samples()
    shape = Shape("demo", 192, 8, 3, decoder="simple", experts=2, part=48, expert_of_crop=tuple(experts))
    values = np.concatenate([reference.pixel_values(photo.pixels, [box]) for photo, box in crops])
    model = models.load(MODEL)
    theirs = dict(sdpa=models.run(model, values, experts).heatmaps.numpy())
    theirs["truth"] = models.run(model.double(), values, experts).heatmaps.numpy()
    row = check_pipeline.run(engine, shape, MODEL, crops, theirs, report)
    print(f"{len(crops)} subjects: {row}")
