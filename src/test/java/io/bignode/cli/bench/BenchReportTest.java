package io.bignode.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.cli.BigNodeCommand;
import io.bignode.node.CommandException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class BenchReportTest {
    @TempDir
    Path folder;

    private static BenchRun run(String name, String params, double rate) {
        return new BenchRun(name, params, "a <fast> & \"wide\" device", 256, rate, rate * 9, 600, 0.97, Map.of("pool", 1.0, "total", 2.5));
    }

    @Test
    void aBarIsAsLongAsItsShareOfTheBestOfItsModel() throws Exception {
        String page = BenchReport.of(List.of(run("now", "main-net", 50), run("before", "main-net", 25), run("small", "test-net", 1000)), "today");
        Document plot = svg(page, "Nonces a second, main-net");
        List<Double> bars = bars(plot);
        assertThat(bars).hasSize(2);
        assertThat(bars.get(0)).isEqualTo(2 * bars.get(1));
        assertThat(bars(svg(page, "Nonces a second, test-net"))).hasSize(1);
    }

    @Test
    void aPageRunsNothingLoadsNothingAndTellsNamesAsText() {
        String page = BenchReport.of(List.of(run("<script>alert(1)</script>", "main-net", 50)), "today");
        assertThat(page).contains("&lt;script&gt;", "a &lt;fast&gt; &amp; &quot;wide&quot; device")
                .doesNotContainPattern("<script|src=|href=|url\\(| on[a-z]+=\"");
    }

    @Test
    void anEarlierRunIsReadFromItsFileAndAFaultyOneIsRefusedWithEveryFault() throws Exception {
        Path fine = Files.writeString(folder.resolve("h100.json"), """
                {"device": "H100", "batch": 256, "nonces": 9, "nonces_per_second": 49.5, "tflops": 448, "matrix_tflops": 600, "share": 0.7,
                 "device_busy_share": 0.99, "cold_start": {"pool_seconds": 2.5, "total_seconds": 4}}""");
        BenchRun run = BenchRun.read(fine);
        assertThat(run.title()).isEqualTo("h100 · H100");
        assertThat(run.coldStart()).containsEntry("pool", 2.5).containsEntry("total", 4.0);
        Path faulty = Files.writeString(folder.resolve("faulty.json"), "{\"device\": 5, \"batch\": 0, \"cold_start\": {\"pool_seconds\": \"x\"}}");
        assertThatThrownBy(() -> BenchRun.read(faulty)).isInstanceOf(CommandException.class)
                .hasMessageContainingAll("faulty.json", "device", "batch", "nonces_per_second", "cold_start.pool_seconds");
    }

    @Test
    void earlierRunsAreReportedWithoutMeasuring() throws Exception {
        Path earlier = Files.writeString(folder.resolve("h200.json"), """
                {"device": "H200", "params": "main-net", "batch": 256, "nonces_per_second": 60, "tflops": 540, "matrix_tflops": 700, "device_busy_share": 0.99,
                 "cold_start": {"total_seconds": 4}}""");
        Path report = folder.resolve("report.html");
        assertThat(BigNodeCommand.commandLine().execute("bench", "--only-report", "--html", report.toString(), earlier.toString())).isZero();
        assertThat(report).content().contains("h200 · main-net · H200", "<svg", "77 %");
        assertThat(BigNodeCommand.commandLine().execute("bench", earlier.toString())).isEqualTo(2);
    }

    private static Document svg(String page, String title) throws Exception {
        int begin = page.indexOf("<svg", page.indexOf("<h2>" + title + "</h2>"));
        String text = page.substring(begin, page.indexOf("</svg>", begin) + 6);
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(text)));
    }

    private static List<Double> bars(Document svg) {
        NodeList all = svg.getElementsByTagName("rect");
        return IntStream.range(0, all.getLength())
                .mapToObj(i -> (Element) all.item(i))
                .filter(bar -> bar.getAttribute("class").equals("bar"))
                .map(bar -> Double.parseDouble(bar.getAttribute("width")))
                .toList();
    }
}
