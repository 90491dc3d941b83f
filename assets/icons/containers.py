"""Packs icon.png into icon.ico and icon.icns. Needs Pillow."""

import struct
from pathlib import Path

from PIL import Image

here = Path(__file__).parent
icon = Image.open(here / "icon.png").convert("RGBA")
icon.save(here / "icon.ico", sizes=[(side, side) for side in (16, 24, 32, 48, 64, 128, 256)])

# An .icns file is a row of PNG files, each behind its type and length.
kinds = {b"icp4": 16, b"icp5": 32, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic11": 32, b"ic12": 64, b"ic13": 256, b"ic14": 512}
body = b""
for kind, side in kinds.items():
    part = here / f".{side}.png"
    icon.resize((side, side), Image.LANCZOS).save(part, optimize=True)
    data = part.read_bytes()
    part.unlink()
    body += kind + struct.pack(">I", len(data) + 8) + data
(here / "icon.icns").write_bytes(b"icns" + struct.pack(">I", len(body) + 8) + body)
