package io.bignode.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages that people read: their links lead somewhere, their indexes are complete, and the first of them stays short. */
class ManualTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final Path DOCS = PROJECT.resolve("docs");

    private static List<String> pagesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".md") && !name.equals("README.md")).sorted().toList();
        }
    }

    @Test
    void everyLinkLeadsToAFileAndToAHeadingInIt() throws Exception {
        List<MarkdownPage> pages = MarkdownPage.below(PROJECT);
        assertThat(pages).hasSizeGreaterThan(40);
        List<String> broken = new ArrayList<>();
        for (MarkdownPage page : pages) broken.addAll(page.brokenLinks());
        assertThat(broken).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-page.md", "README.md#no-such-heading", "#neither-here", "images/no-such-picture.png"})
    void aLinkThatLeadsNowhereIsFound(String link) throws Exception {
        MarkdownPage page = MarkdownPage.of(DOCS.resolve("made-up.md"), "# Here\n\nSee [it](" + link + "), [this](#here) and [all](README.md).\n");
        assertThat(page.brokenLinks()).singleElement().asString().endsWith(": " + link);
    }

    @Test
    void whatStandsInCodeIsNoLink() throws Exception {
        MarkdownPage page = MarkdownPage.of(DOCS.resolve("made-up.md"), "`[a](nowhere.md)`\n\n```\n[b](nowhere.md)\n# not a heading\n```\n");
        assertThat(page.links()).isEmpty();
        assertThat(page.anchors()).isEmpty();
    }

    @Test
    void headingsGetTheAnchorsThatGitHubGivesThem() {
        MarkdownPage page = MarkdownPage.of(DOCS.resolve("made-up.md"), "# A `start`, and: more\n## One_two\n## One_two\n### See [ADR 4](adr/0004.md)\n");
        assertThat(page.anchors()).containsExactlyInAnyOrder("a-start-and-more", "one_two", "one_two-1", "see-adr-4");
    }

    @Test
    void everyPageIsInTheContents() throws Exception {
        assertThat(MarkdownPage.read(DOCS.resolve("README.md")).links()).containsAll(pagesIn(DOCS));
    }

    @Test
    void everyDecisionIsInTheIndexUnderItsOwnTitle() throws Exception {
        Path folder = DOCS.resolve("adr");
        List<String> rows = new ArrayList<>();
        for (String name : pagesIn(folder)) {
            String title = Files.readAllLines(folder.resolve(name)).getFirst().replaceFirst("# \\d+\\. ", "");
            rows.add("[" + title + "](" + name + ")");
        }
        assertThat(rows).hasSizeGreaterThan(25);
        assertThat(Files.readString(folder.resolve("README.md"))).contains(rows);
    }

    @Test
    void theReadmeIsShorterThan150Lines() throws Exception {
        assertThat(Files.readAllLines(PROJECT.resolve("README.md"))).hasSizeLessThan(150);
    }

    @Test
    void examplesHaveWorkersJoinAtOnePort() throws Exception {
        for (MarkdownPage page : MarkdownPage.below(PROJECT)) assertThat(Files.readString(page.file())).as(page.file().toString()).doesNotContain("9191");
    }
}
