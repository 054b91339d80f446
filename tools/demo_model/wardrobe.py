"""What a person wears: cloths and colours, lengths of sleeves and legs, looseness, as rows of a material table."""

import colorsys

import numpy as np

import textures
from textures import material

SKIN = np.array(
    [
        [0.96, 0.80, 0.70],
        [0.90, 0.70, 0.56],
        [0.80, 0.58, 0.43],
        [0.64, 0.43, 0.30],
        [0.45, 0.29, 0.20],
        [0.28, 0.18, 0.13],
    ]
)
HAIR = np.array(
    [
        [0.05, 0.04, 0.04],
        [0.12, 0.08, 0.06],
        [0.28, 0.17, 0.10],
        [0.45, 0.28, 0.14],
        [0.75, 0.58, 0.32],
        [0.55, 0.22, 0.10],
        [0.60, 0.60, 0.60],
        [0.88, 0.86, 0.82],
    ]
)


def colour(rng):
    """Any cloth colour: greys, denim blues and saturated hues."""
    kind = rng.random()
    if kind < 0.3:
        return np.full(3, rng.uniform(0.03, 0.95)) * rng.uniform(0.93, 1.0, 3)
    if kind < 0.42:
        return np.array([0.18, 0.25, 0.42]) * rng.uniform(0.4, 1.6)
    return np.array(colorsys.hsv_to_rgb(rng.random(), rng.beta(2, 2), rng.uniform(0.12, 0.98)))


class Wardrobe:
    """What one person wears: material numbers, lengths of sleeves and legs, looseness."""

    def __init__(self, rng, person, held_out):
        self.rng, self.held_out, self.rows, self.props = rng, held_out, [], []
        tone = rng.random() * (len(SKIN) - 1)
        low = int(tone)
        skin = SKIN[low] * (1 - tone + low) + SKIN[min(low + 1, len(SKIN) - 1)] * (tone - low)
        self.tone = np.clip(skin * rng.uniform(0.9, 1.1) + rng.normal(0, 0.015, 3), 0.03, 1)
        self.skin = self.add(
            material(textures.SPECKLES, self.tone, self.tone * 0.93, scale=40, gloss=rng.uniform(0, 0.5))
        )
        self.hair_tone = HAIR[rng.integers(len(HAIR))] * rng.uniform(0.7, 1.25) if rng.random() < 0.95 else colour(rng)
        self.hair = self.add(
            material(
                textures.STREAKS if rng.random() < 0.5 else textures.SPECKLES,
                self.hair_tone,
                self.hair_tone * 0.6,
                scale=60,
                wrinkle=0.8,
                gloss=rng.uniform(0, 0.4),
            )
        )
        self.top = self.cloth()
        self.sleeve = self.top if rng.random() < 0.75 else self.cloth()
        self.sleeve_cover = (0.0, rng.uniform(0.1, 0.3), rng.uniform(0.3, 0.55), 1.0, 1.0)[
            rng.choice(5, p=[0.16, 0.1, 0.34, 0.2, 0.2])
        ]
        self.sleeve_loose = rng.uniform(1.06, 1.25) if rng.random() < 0.65 else rng.uniform(1.25, 1.75)
        self.top_loose = 1.0 + (self.sleeve_loose - 1) * rng.uniform(0.2, 0.6)
        bulky = rng.random() < 0.07
        if bulky:  # winter clothes, overalls, protective suits
            self.sleeve_cover, self.sleeve_loose, self.top_loose = 1.0, rng.uniform(1.5, 2.1), rng.uniform(1.2, 1.45)
        self.bare_chest = rng.random() < 0.03
        if self.bare_chest:
            self.top, self.sleeve_cover, self.top_loose = self.skin, 0.0, 1.0
        self.plain_top = (
            self.top
            if self.rows[self.top][textures.KIND] not in (textures.PRINT, textures.OPEN_FRONT)
            else self.without_print()
        )
        self.skirt, self.skirt_flare = 0.0, rng.uniform(0.0, 1.3)
        if person.female and rng.random() < 0.28 or rng.random() < 0.02:
            self.skirt = rng.uniform(0.55, 1.1) if rng.random() < 0.75 else rng.uniform(1.2, 1.9)
        dress = (self.skirt > 0 and rng.random() < 0.5) or rng.random() < 0.05
        self.leg = self.top if dress and not self.bare_chest else self.cloth(plain=0.75)
        self.bottom = self.leg
        cover = (rng.uniform(0.15, 0.3), rng.uniform(0.35, 0.55), rng.uniform(0.6, 0.85), 1.0)[
            rng.choice(4, p=[0.08, 0.22, 0.06, 0.64])
        ]
        self.leg_cover = 0.0 if self.skirt > 0 else cover
        self.leg_loose = rng.uniform(1.03, 1.2) if rng.random() < 0.65 else rng.uniform(1.2, 1.55)
        if bulky and self.skirt == 0:
            self.leg_cover, self.leg_loose = 1.0, rng.uniform(1.3, 1.8)
        self.leg_flare = rng.uniform(0.9, 1.2) if rng.random() < 0.7 else rng.uniform(1.2, 1.7)
        self.stocking = self.cloth(plain=0.8) if rng.random() < 0.2 else self.skin
        shoe = colour(rng)
        self.shoe = (
            self.skin
            if rng.random() < 0.08
            else self.add(material(textures.CLOUDS, shoe, shoe * 0.7, colour(rng), scale=40, gloss=rng.uniform(0, 1)))
        )
        self.sole = (
            self.add(material(textures.PLAIN, np.full(3, rng.uniform(0.05, 0.95)))) if rng.random() < 0.5 else None
        )
        self.boot = rng.uniform(0.15, 0.7) if rng.random() < 0.18 else 0.0
        self.glove = self.add(material(textures.PLAIN, colour(rng))) if rng.random() < 0.06 else None
        self.collar = (
            (self.top if rng.random() < 0.6 else self.cloth())
            if (bulky or rng.random() < 0.45) and not self.bare_chest
            else None
        )
        self.curl = rng.uniform(0, 1.8, 2)

    def add(self, row):
        self.rows.append(row)
        return len(self.rows) - 1

    def cloth(self, plain=0.35):
        """A new random cloth."""
        rng = self.rng
        kinds = textures.HELD_OUT_CLOTH if self.held_out else textures.TRAINING_CLOTH
        kind = textures.PLAIN if rng.random() < plain and not self.held_out else kinds[rng.integers(len(kinds))]
        a = colour(rng)
        b = colour(rng) if rng.random() < 0.7 else np.clip(a * rng.uniform(0.5, 1.5), 0, 1)
        return self.add(
            material(
                kind,
                a,
                b,
                colour(rng),
                scale=rng.uniform(22, 140),
                seed=rng.random() * 9,
                wrinkle=rng.uniform(0.1, 1.5),
                gloss=rng.random() ** 3,
                blend=rng.uniform(0.4, 1),
            )
        )

    def without_print(self):
        """The top's cloth without what is printed at one place of it, for parts with coordinates of their own."""
        row = self.rows[self.top].copy()
        row[textures.KIND] = textures.PLAIN
        return self.add(row)

    def plain(self, tone, gloss=0.1):
        return self.add(material(textures.PLAIN, np.clip(tone, 0, 1), gloss=gloss))

    def prop(self, row):
        """A material of things that belong neither to the silhouette nor to the box."""
        self.props.append(self.add(row))
        return self.props[-1]

    def table(self):
        return np.array(self.rows, np.float32)
