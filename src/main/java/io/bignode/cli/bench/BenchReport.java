package io.bignode.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Runs of bench side by side as one page that needs nothing else: a table, and plots as SVG within it. It has no script and loads nothing. */
final class BenchReport {
    private static final String STYLE = """
            :root { color-scheme: light dark; --bar: light-dark(#2563eb, #60a5fa); --line: #8886; }
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
            .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
            th, td { text-align: right; padding: 0.25rem 0.5rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
            th:first-child, td:first-child { text-align: left; }
            svg { width: 100%; height: auto; } svg text { fill: currentColor; font-size: 14px; } svg .bar { fill: var(--bar); }
            svg .back { fill: var(--line); opacity: 0.4; }
            """;
    private static final int WIDTH = 900;
    private static final int LABELS = 330;
    private static final int FIGURES = 110;
    private static final int ROW = 30;

    private final StringBuilder out = new StringBuilder();

    private BenchReport() {}

    /**
     * The page.
     *
     * @param runs at least one, the newest first
     * @param when it was made, for people
     */
    static String of(List<BenchRun> runs, String when) {
        BenchReport report = new BenchReport();
        report.write(runs, when);
        return report.out.toString();
    }

    private void write(List<BenchRun> runs, String when) {
        out.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
                .append("<title>Big Node bench</title><style>").append(STYLE).append("</style></head><body><main><h1>Big Node bench</h1><p>")
                .append(escaped(when)).append("; ").append(runs.size()).append(runs.size() == 1 ? " run" : " runs").append(".</p>");
        table(runs);
        byModel(runs).forEach((model, same) -> plot(
                "Nonces a second" + (model.isEmpty() ? "" : ", " + model), same, BenchRun::noncesPerSecond, BenchReport::figure,
                maximum(same, BenchRun::noncesPerSecond)));
        plot("Forward pass as a share of the device's own matrix products", runs, BenchRun::share, BenchReport::percent,
                Math.max(1, maximum(runs, BenchRun::share)));
        plot("Device busy", runs, BenchRun::busyShare, BenchReport::percent, Math.max(1, maximum(runs, BenchRun::busyShare)));
        ToDoubleFunction<BenchRun> cold = run -> run.coldStart().getOrDefault("total", 0.0);
        plot("Seconds from an order to its first nonce", runs, cold, value -> figure(value) + " s", maximum(runs, cold));
        out.append("</main></body></html>\n");
    }

    private void table(List<BenchRun> runs) {
        out.append("<div class=\"scroll\"><table><tr><th>Run</th><th>Nonces/s</th><th>Batch</th><th>TFLOP/s</th><th>Matrix TFLOP/s</th><th>Share</th>"
                + "<th>Busy</th><th>First nonce, s</th></tr>");
        for (BenchRun run : runs) {
            out.append("<tr><td>").append(escaped(run.title())).append("</td>");
            for (String cell : List.of(
                    figure(run.noncesPerSecond()), Long.toString(run.batch()), figure(run.tflops()), figure(run.matrixTflops()), percent(run.share()),
                    percent(run.busyShare()), figure(run.coldStart().getOrDefault("total", 0.0)))) {
                out.append("<td>").append(cell).append("</td>");
            }
            out.append("</tr>");
        }
        out.append("</table></div>");
    }

    /** Rates of different models are not to be compared. */
    private static Map<String, List<BenchRun>> byModel(List<BenchRun> runs) {
        Map<String, List<BenchRun>> byModel = new TreeMap<>();
        for (BenchRun run : runs) byModel.computeIfAbsent(run.params(), _ -> new ArrayList<>()).add(run);
        return byModel;
    }

    private static double maximum(List<BenchRun> runs, ToDoubleFunction<BenchRun> value) {
        return runs.stream().mapToDouble(value).max().orElse(0);
    }

    private void plot(String title, List<BenchRun> runs, ToDoubleFunction<BenchRun> value, Function<Double, String> format, double full) {
        int height = ROW * runs.size();
        int room = WIDTH - LABELS - FIGURES;
        out.append("<h2>").append(escaped(title)).append("</h2><svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(height)
                .append("\" role=\"img\" aria-label=\"").append(escaped(title)).append("\">");
        for (int i = 0; i < runs.size(); i++) {
            BenchRun run = runs.get(i);
            double of = full > 0 ? value.applyAsDouble(run) / full : 0;
            int top = i * ROW;
            out.append("<g><title>").append(escaped(run.title())).append(": ").append(format.apply(value.applyAsDouble(run))).append("</title>");
            out.append("<text x=\"0\" y=\"").append(top + 20).append("\">").append(escaped(shortened(run.title()))).append("</text>");
            quarantine("back", top, room);
            quarantine("bar", top, of * room);
            out.append("<text x=\"").append(LABELS + room + 10).append("\" y=\"").append(top + 20).append("\">").append(format.apply(value.applyAsDouble(run)))
                    .append("</text></g>");
        }
        out.append("</svg>");
    }

    private void quarantine(String kind, int top, double width) {
        out.append(String.format(
               Locale.ROOT, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"3\"/>", kind, LABELS, top + 5, width, ROW - 10));
    }

    private static String shortened(String title) {
        return title.length() <= 44 ? title : title.substring(0, 43) + "…";
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, value >= 1000 ? "%.0f" : "%.3g", value);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;");
    }
}
