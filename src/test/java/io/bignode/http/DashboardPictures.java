package io.bignode.http;

import io.bignode.http.FakeOverviews.Scene;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Takes pictures of the dashboard, to be looked at, and those of the documents: {@code DashboardPictures FOLDER}. */
final class DashboardPictures {
    private DashboardPictures() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        try (Browser browser = new Browser()) {
            for (Scene scene : Scene.values()) {
                for (String theme : List.of("dark", "light")) {
                    for (int width : List.of(360, 820, 1440)) take(browser, scene, theme, width, folder);
                }
            }
        }
    }

    private static void take(Browser browser, Scene scene, String theme, int width, Path folder) throws Exception {
        try (FakeFeed feed = new FakeFeed(0, scene)) {
            browser.looksLike(width, 900, theme);
            browser.signIn(feed.url(), FakeFeed.TOKEN);
            browser.untilBoard();
            if (scene == Scene.FARM) browser.script("document.querySelector('input[value=devices]').click()");
            browser.until("some time", () -> feed.requests.stream().anyMatch(line -> line.contains("history")));
            browser.script("return new Promise(done => setTimeout(done, 1200))");
            Files.write(folder.resolve(String.format(Locale.ROOT, "%s-%s-%d.png", scene, theme, width).toLowerCase(Locale.ROOT)), browser.picture(10_000));
            if (scene == Scene.BUSY && width == 1440) Files.write(folder.resolve("dashboard-" + theme + ".png"), browser.picture(1500));
        }
    }
}
