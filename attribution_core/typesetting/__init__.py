"""What figures for print are set from: glyphs and lines, places in millimetres, titles and captions."""
