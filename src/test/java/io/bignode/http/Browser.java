package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;
import org.opentest4j.TestAbortedException;

/** A headless Chromium, with the operating system's driver: none is ever fetched. */
public final class Browser implements AutoCloseable {
    private static final String MISSING = "the dashboard's tests need Chromium and its driver: apt-get install chromium chromium-driver";

    /** Held here, as the log manager alone would forget its level: Selenium warns of every Chromium newer than itself, and nothing here uses what it misses. */
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium.devtools");

    static {
        SELENIUM.setLevel(Level.SEVERE);
    }

    final ChromeDriver driver;

    public Browser() {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(program("chromium", "chromium-browser", "google-chrome"));
        // A container's root has no sandbox and often a small /dev/shm; a browser that shows only our own page can do without.
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-device-scale-factor=1",
                "--hide-scrollbars", "--disable-background-networking", "--disable-component-update", "--no-first-run", "--lang=en");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service =
                new ChromeDriverService.Builder().usingDriverExecutable(Path.of(program("chromedriver")).toFile()).usingAnyFreePort().build();
        driver = new ChromeDriver(service, options);
    }

    private static String program(String... names) {
        return Stream.of(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(Browser::missing)
                .toString();
    }

    /** A machine with a JDK and Maven alone builds and passes; what did not run is told. */
    private static TestAbortedException missing() {
        System.out.println("skipped: " + MISSING);
        return new TestAbortedException(MISSING);
    }

    /** How wide the page is, whatever the window may be; and its preferred theme. */
    void looksLike(int width, int height, String theme) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        driver.executeCdpCommand("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme),
                        Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    }

    public void signIn(String url, String token) {
        driver.get(url);
        until("the sign-in form", () -> find("#token").isDisplayed());
        find("#token").sendKeys(token);
        find("#enter").click();
    }

    public void untilBoard() {
        until("the board", () -> find("#board").isDisplayed() && !text("#numbers").isBlank());
    }

    public WebElement find(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    public String text(String css) {
        return find(css).getText();
    }

    public void until(String what, Supplier<Boolean> holds) {
        new WebDriverWait(driver, Duration.ofSeconds(30), Duration.ofMillis(50)).withMessage(what).ignoring(org.openqa.selenium.NoSuchElementException.class)
                .until(_ -> holds.get());
    }

    Object script(String text, Object... arguments) {
        return driver.executeScript(text, arguments);
    }

    /** Nothing was complained about, but for refusals of the kinds named. */
    public void assertNoComplaint(String... expected) {
        List<LogEntry> complaints = driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> Stream.of(expected).noneMatch(entry.getMessage()::contains))
                .toList();
        assertThat(complaints).isEmpty();
    }

    /** The page as a picture, whole or as far down as {@code max}. */
    byte[] picture(long max) {
        long height = Math.min(max, ((Number) script("return Math.ceil(document.documentElement.scrollHeight)")).longValue());
        long width = ((Number) script("return innerWidth")).longValue();
        Map<String, Object> shot = driver.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true,
                "clip", Map.of("x", 0, "y", 0, "width", width, "height", height, "scale", 1)));
        return OutputType.BYTES.convertFromBase64Png((String) shot.get("data"));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
