"""What figures for print are set from: lines of text, places in millimetres, titles, captions."""
