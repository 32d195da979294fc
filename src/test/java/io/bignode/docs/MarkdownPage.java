package io.bignode.docs;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Markdown page with its links and the anchors that others may link to.
 *
 * @param file    where it stands
 * @param links   what its links and images name, in their order; those inside code are not links
 * @param anchors the names that its headings get, as GitHub makes them
 */
record MarkdownPage(Path file, List<String> links, Set<String> anchors) {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^()\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*?)(?: +#+)? *");
    private static final Pattern LINK_IN_A_HEADING = Pattern.compile("\\[([^\\]]*)\\]\\([^)]*\\)");
    private static final Set<String> FOLDERS_OF_TOOLS = Set.of("target", "node_modules");

    MarkdownPage {
        links = List.copyOf(links);
        anchors = Set.copyOf(anchors);
    }

    static MarkdownPage read(Path file) throws IOException {
        return of(file, Files.readString(file));
    }

    static MarkdownPage of(Path file, String text) {
        List<String> links = new ArrayList<>();
        Set<String> anchors = new HashSet<>();
        Map<String, Integer> seen = new HashMap<>();
        boolean code = false;
        for (String line : text.lines().toList()) {
            if (line.strip().startsWith("```")) code = !code;
            else if (!code) {
                Matcher heading = HEADING.matcher(line);
                if (heading.matches()) anchors.add(anchor(heading.group(1), seen));
                Matcher link = LINK.matcher(line.replaceAll("`[^`]*`", "code"));
                while (link.find()) links.add(link.group(1));
            }
        }
        return new MarkdownPage(file, links, anchors);
    }

    private static String anchor(String heading, Map<String, Integer> seen) {
        String text = LINK_IN_A_HEADING.matcher(heading).replaceAll("$1").toLowerCase(Locale.ROOT);
        String name = text.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
        int before = seen.merge(name, 1, Integer::sum) - 1;
        return before == 0 ? name : name + "-" + before;
    }

    /** Every Markdown page below a folder, but for what tools make and what is hidden. */
    static List<MarkdownPage> below(Path root) throws IOException {
        List<MarkdownPage> pages = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                boolean left = !folder.equals(root) && (name.startsWith(".") || FOLDERS_OF_TOOLS.contains(name));
                return left ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (file.toString().endsWith(".md")) pages.add(read(file));
                return FileVisitResult.CONTINUE;
            }
        });
        return pages;
    }

    /** The links to files that are not there, or to headings that are not in them; links to other sites are not followed. */
    List<String> brokenLinks() throws IOException {
        List<String> broken = new ArrayList<>();
        for (String link : links) {
            if (link.matches("[a-z]+:.*")) continue;
            String[] parts = link.split("#", 2);
            if (!leads(parts[0], parts.length == 1 ? "" : parts[1])) broken.add(file + ": " + link);
        }
        return broken;
    }

    private boolean leads(String path, String anchor) throws IOException {
        if (path.isEmpty()) return anchors.contains(anchor);
        Path target = file.resolveSibling(path).normalize();
        if (!Files.exists(target)) return false;
        return anchor.isEmpty() || !path.endsWith(".md") || read(target).anchors().contains(anchor);
    }
}
