package io.bignode.cli.terminal;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows of text in columns that are as wide as what they hold, with numbers at the right. picocli's own table would need all of this around it: it wants each
 * column's width beforehand, wraps or cuts what is longer, aligns nothing at the right, and reads markup in what cells say.
 */
public final class TextTable {
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with a heading. */
    public TextTable(String... heading) {
        rows.add(List.of(heading));
    }

    /** Adds a row of as many cells as the heading has. */
    public void row(String... cells) {
        if (cells.length != rows.getFirst().size()) throw new IllegalArgumentException(cells.length + " cells of " + rows.getFirst().size());
        rows.add(List.of(cells));
    }

    /** The heading and the rows, one line each, without blanks at their ends. */
    public List<String> lines() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) widths[i] = Math.max(widths[i], row.get(i).length());
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                String cell = row.get(i);
                String blanks = " ".repeat(widths[i] - cell.length());
                if (i > 0) line.append("  ");
                line.append(isNumbers(i) ? blanks + cell : cell + blanks);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private boolean isNumbers(int column) {
        return rows.size() > 1 && rows.stream().skip(1).map(row -> row.get(column)).allMatch(cell -> cell.matches("-|[0-9.]+[%sWC]?"));
    }
}
