"""Makes the small images of this folder and, beside each, NAME.npy: its pixels as Pillow decodes them (uint8, H x W x 3).

    python make_images.py      (Pillow and NumPy; a fixed seed, so a second run changes nothing)
"""
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(7)


def smooth(height, width):
    """A picture with slopes and edges, so that chroma upsampling and the DCT have something to do."""
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x / max(width - 1, 1)
    green = 255 * y / max(height - 1, 1)
    blue = 127 + 120 * np.sin(x / 3) * np.cos(y / 5)
    picture = np.stack([red, green, blue], axis=-1)
    picture[height // 3: height // 2, width // 4: width // 2] = [250, 10, 30]
    return picture.astype(np.uint8)


def golden(name, pixels):
    np.save(FOLDER / f"{name}.npy", np.ascontiguousarray(pixels, dtype=np.uint8))


def store(name, image, pixels=None, **options):
    image.save(FOLDER / name, **options)
    if pixels is None:
        pixels = np.asarray(Image.open(FOLDER / name).convert("RGB"))
    golden(name, pixels)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, interlace=0, before_data=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before_data + chunk(b"IDAT", zlib.compress(rows, 9))
            + chunk(b"IEND", b""))


def store_png(name, data, pixels):
    (FOLDER / name).write_bytes(data)
    golden(name, pixels)


def make_png():
    rgb = smooth(11, 13)
    store("rgb.png", Image.fromarray(rgb))
    store("grey.png", Image.fromarray(rgb[:, :, 0]))
    alpha = RANDOM.integers(0, 256, (11, 13, 1), dtype=np.uint8)
    store("rgba.png", Image.fromarray(np.concatenate([rgb, alpha], axis=-1)), rgb)
    store("grey_alpha.png", Image.fromarray(np.concatenate([rgb[:, :, :1], alpha], axis=-1)),
          rgb[:, :, :1].repeat(3, axis=-1))
    palette = Image.fromarray(rgb).quantize(14)
    store("palette.png", palette, bits=4, transparency=3, pixels=np.asarray(palette.convert("RGB")))
    store("one_bit.png", Image.fromarray(rgb[:, :, 0] > 100))
    store("one_pixel.png", Image.fromarray(rgb[:1, :1]))
    store("one_row.png", Image.fromarray(rgb[:1]))
    store("one_column.png", Image.fromarray(rgb[:, :1]))

    wide = RANDOM.integers(0, 65536, (5, 6, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in wide)
    store_png("rgb16.png", png(6, 5, 16, 2, rows), wide >> 8)
    rows = b"".join(b"\0" + row[:, 0].astype(">u2").tobytes() for row in wide)
    store_png("grey16.png", png(6, 5, 16, 0, rows), (wide[:, :, :1] >> 8).repeat(3, axis=-1))

    # Indices beyond the palette are black.
    rows = b"\0" + bytes([0, 1, 2, 200])
    colours = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60]))
    store_png("palette_short.png", png(4, 1, 8, 3, rows, before_data=colours),
              [[[10, 20, 30], [40, 50, 60], [0, 0, 0], [0, 0, 0]]])

    # Adam7: seven passes of every so manieth pixel.
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in rgb[y::dy, x::dx] if row.size)
    store_png("interlaced.png", png(13, 11, 8, 2, rows, interlace=1), rgb)

    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(rgb)
    image.save(FOLDER / "turned.png", exif=exif)
    golden("turned.png", rgb)
    golden("turned.png.exif", np.asarray(ImageOps.exif_transpose(Image.open(FOLDER / "turned.png"))))


def make_jpeg():
    rgb = smooth(37, 45)
    image = Image.fromarray(rgb)
    store("baseline.jpg", image, quality=85)
    store("full_chroma.jpg", image, quality=85, subsampling=0)
    store("half_chroma.jpg", image, quality=85, subsampling=1)
    store("progressive.jpg", image, quality=85, progressive=True)
    store("grey.jpg", image.convert("L"), quality=85)
    store("one_pixel.jpg", Image.fromarray(rgb[:1, :1]), quality=85)
    image.convert("CMYK").save(FOLDER / "cmyk.jpg", quality=50)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        name = f"orientation{orientation}.jpg"
        Image.fromarray(smooth(6, 9)).save(FOLDER / name, quality=90, subsampling=0, exif=exif)
        golden(name, np.asarray(ImageOps.exif_transpose(Image.open(FOLDER / name))))


def make_bmp():
    rgb = smooth(5, 7)
    store("rgb.bmp", Image.fromarray(rgb))
    store("palette.bmp", Image.fromarray(rgb).quantize(9))
    store("one_bit.bmp", Image.fromarray(rgb[:, :, 0] > 100))
    store("rgba.bmp", Image.fromarray(np.concatenate([rgb, rgb[:, :, :1]], axis=-1)), rgb)

    def bmp(width, height, bits, compression, rows, masks=b""):
        header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(rows), 0, 0, 0, 0)
        offset = 14 + len(header) + len(masks)
        return struct.pack("<2sIHHI", b"BM", offset + len(rows), 0, 0, offset) + header + masks + rows

    def store_bmp(name, data):
        (FOLDER / name).write_bytes(data)
        golden(name, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))

    pixels = RANDOM.integers(0, 65536, (3, 4), dtype=np.uint16)
    store_bmp("rgb555.bmp", bmp(4, 3, 16, 0, pixels.tobytes()))
    store_bmp("rgb565.bmp", bmp(4, 3, 16, 3, pixels.tobytes(), struct.pack("<III", 0xf800, 0x7e0, 0x1f)))
    store_bmp("top_down.bmp", bmp(4, -3, 16, 0, pixels.tobytes()))


def make_refused():
    Image.fromarray(smooth(4, 4)).save(FOLDER / "picture.gif")
    # 20000 x 20000 = 400 megapixels: only the header is there, which is all that may be read.
    (FOLDER / "huge.png").write_bytes(png(20000, 20000, 8, 2, b""))
    frame = bytes.fromhex("ffd8ffc0001108") + struct.pack(">HH", 20000, 20000) + bytes.fromhex("03011100021100031100")
    (FOLDER / "huge.jpg").write_bytes(frame + bytes.fromhex("ffda000c03010002000300003f00ffd9"))
    (FOLDER / "empty.png").write_bytes(b"")


if __name__ == "__main__":
    make_png()
    make_jpeg()
    make_bmp()
    make_refused()
