"""Answers of Pillow: drawing, filters, resizing, PNG and JPEG."""

import hashlib
import io

from PIL import Image, ImageDraw, ImageFilter


def answer(seed):
    image = Image.new("RGB", (80, 60), (seed, 20, 30))
    draw = ImageDraw.Draw(image)
    draw.ellipse((5, 5, 50, 40), fill=(200, seed * 10 % 256, 0))
    draw.text((3, 3), f"text {seed}", fill="white")
    changed = image.filter(ImageFilter.GaussianBlur(2)).resize((40, 30)).point(lambda value: 255 - value)
    files = []
    for format in ("PNG", "JPEG"):
        file = io.BytesIO()
        changed.save(file, format=format)
        files.append(hashlib.sha256(Image.open(io.BytesIO(file.getvalue())).tobytes()).hexdigest())
    return files, changed.getextrema()
