package io.bignode.http;

import static io.bignode.http.TestNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The API's page in a real browser, served by a real server: it can be read, linked to and tried, and it keeps to the strict policy of all pages. */
@Timeout(180)
class DocsPageTest extends BrowserTest {
    private static final String OPEN = ".opblock.is-open ";

    private TestNode node;

    @BeforeEach
    void open() {
        node = new TestNode();
        browser.looksLike(1440, 900, "light");
    }

    /** The page must have kept to its policy, whatever the test did with it. */
    @AfterEach
    void close() {
        try {
            browser.assertNoComplaint("401 (Unauthorized)");
        } finally {
            browser.script("sessionStorage.clear()");
            browser.driver.get("about:blank");
            node.close();
        }
    }

    private String url() {
        return "http://127.0.0.1:" + node.server.port();
    }

    /** Shows the page at an anchor, which opens that operation. */
    private void show(String anchor) {
        browser.driver.get("about:blank"); // else only the anchor would change
        browser.driver.get(url() + "/docs" + anchor);
        browser.until("the operations", () -> !browser.driver.findElements(By.cssSelector(".opblock")).isEmpty());
        if (!anchor.isEmpty()) browser.until("the operation " + anchor, () -> browser.find(OPEN + ".opblock-body").isDisplayed());
    }

    private void enterToken(String token) {
        browser.find("#token").sendKeys(token + Keys.ENTER);
    }

    /** Sends the operation that is open as it stands, and waits for its answer. */
    private void tryIt() {
        click(OPEN + ".try-out__btn");
        execute();
    }

    private void execute() {
        browser.until("the button", () -> browser.find(OPEN + ".execute").isDisplayed());
        click(OPEN + ".execute");
        browser.until("an answer", () -> browser.find(OPEN + ".live-responses-table .response-col_status").isDisplayed());
    }

    private static void click(String css) {
        browser.until(css, () -> browser.find(css).isDisplayed());
        browser.script("arguments[0].click()", browser.find(css)); // wherever the page is scrolled to
    }

    private static String status() {
        return browser.text(OPEN + ".live-responses-table tbody .response-col_status").strip().lines().findFirst().orElse("");
    }

    @Test
    @Tag("full")
    void everyOperationIsInTheContents() {
        show("");
        Set<String> shown = browser.driver.findElements(By.cssSelector(".opblock-summary")).stream()
                .map(line -> line.findElement(By.cssSelector(".opblock-summary-method")).getText() + " "
                        + line.findElement(By.cssSelector(".opblock-summary-path")).getDomAttribute("data-path"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(shown).isEqualTo(new TreeSet<>(new ApiContract().calls()));
        assertThat(browser.text(".info")).contains("Big Node delegation API");
    }

    @Test
    @Tag("full")
    void anAnchorOpensAnOperationWithItsExamples() {
        show("#/documented/batch");
        assertThat(browser.text(OPEN + ".opblock-summary-path").replace("\u200b", "")).isEqualTo("/api/v1/delegation/batch/{session_id}");
        assertThat(browser.text(OPEN + ".responses-inner")).contains("1.3980771", "total_batches_generated", "a valid token is required");
        show("#/documented/start");
        assertThat(browser.text(OPEN + ".body-param__example")).contains("\"block_height\": 1234567", "\"seq_len\": 4");
    }

    @Test
    void whatIsTriedIsSentWithTheTokenOfTheTab() {
        show("#/documented/start");
        enterToken(TOKEN);
        assertThat(browser.text("#token-state")).contains("with the token of this tab");
        tryIt();
        assertThat(status()).isEqualTo("200");
        assertThat(browser.text(OPEN + ".live-responses-table")).contains("session started");
        assertThat(node.sessions.list("first")).as("sessions of the example's order").hasSize(1);
        assertThat(browser.text(OPEN + ".curl-command")).contains("Authorization: Bearer <token>");
        assertThat(browser.script("return document.documentElement.outerHTML + location.href + JSON.stringify(localStorage) + document.cookie"))
                .asString().doesNotContain(TOKEN);
        assertThat(browser.script("return sessionStorage.getItem('token')")).isEqualTo(TOKEN);
    }

    @Test
    @Tag("full")
    void withoutATokenTheNodeAsksForOne() {
        show("#/documented/sessions");
        tryIt();
        assertThat(status()).isEqualTo("401");
        assertThat(browser.text(OPEN + ".live-responses-table")).contains("a valid token is required");
        enterToken("one with spaces");
        assertThat(browser.text("#token-fault")).contains("A token has no spaces");
        browser.find("#token").clear();
        enterToken(TOKEN);
        click(OPEN + ".btn-clear");
        browser.until("the old answer is gone", () -> browser.driver.findElements(By.cssSelector(OPEN + ".live-responses-table")).isEmpty());
        execute();
        assertThat(status()).isEqualTo("200");
        browser.find("#forget").click();
        assertThat(browser.script("return sessionStorage.getItem('token')")).isNull();
        assertThat(browser.find("#token").isDisplayed()).isTrue();
    }

    @Test
    @Tag("full")
    void healthIsAnsweredWithoutAToken() {
        show("#/health/health");
        tryIt();
        assertThat(status()).isEqualTo("200");
        assertThat(browser.text(OPEN + ".live-responses-table")).contains("ready");
    }

    @Test
    @Tag("full")
    void everythingComesFromTheNode() {
        show("#/documented/start");
        List<?> loaded = (List<?>) browser.script("return performance.getEntriesByType('resource').map(entry => entry.name)");
        assertThat(loaded).hasSizeGreaterThan(5).allSatisfy(url -> {
            URI address = URI.create((String) url);
            assertThat(address.getScheme().equals("data") || address.toString().startsWith(url() + "/")).as("%s", url).isTrue();
        });
    }

    @ParameterizedTest
    @Tag("full")
    @CsvSource({"360, light", "390, dark", "820, light", "1440, dark"})
    void itFitsTheScreenInBothThemes(int width, String theme) {
        browser.looksLike(width, 800, theme);
        show("#/documented/start");
        assertThat(browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")).isEqualTo(0L);
        WebElement ground = browser.find(".swagger-ui");
        long brightness = Long.parseLong(ground.getCssValue("color").replaceAll("\\D+(\\d+).*", "$1"));
        assertThat(brightness > 128).as("bright text of the theme %s: %s", theme, ground.getCssValue("color")).isEqualTo(theme.equals("dark"));
    }
}
