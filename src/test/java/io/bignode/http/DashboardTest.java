package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.http.FakeOverviews.Scene;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WindowType;

/** The dashboard in a real browser: whether everybody can read and use it, and that it says the truth when things go wrong. */
@Timeout(180)
class DashboardTest extends BrowserTest {
    private FakeFeed feed;

    @BeforeEach
    void open() throws Exception {
        feed = new FakeFeed(0, Scene.BUSY);
        browser.looksLike(1440, 900, "dark");
    }

    @AfterEach
    void close() {
        browser.driver.get("about:blank"); // its stream ends before the feed does
        browser.driver.manage().logs().get("browser");
        feed.close();
    }

    private void show(Scene scene) {
        feed.scene = scene;
        browser.signIn(feed.url(), FakeFeed.TOKEN);
        browser.untilBoard();
    }

    @Test
    void aSessionShowsItsModelAndWhatItGotOfItsFairShareInItsFirstMinute() {
        show(Scene.BUSY);
        browser.until("the model of those that compute vectors", () -> browser.text("#sessions").contains("org/A-Model-Of-235B"));
        assertThat(browser.text("#sessions")).contains("58 %", "97 %", "2 nonces came to nothing on two devices");
        assertThat(browser.script("return document.querySelectorAll('#sessions-rows td.warn[data-name=\"Early share\"]').length")).isEqualTo(1L);
        browser.until("what epochs had", () -> browser.text("#history").contains("vectors"));
    }

    @Test
    void aWrongTokenIsToldAndARightOneIsKeptForTheTabAlone() {
        browser.signIn(feed.url(), "not-the-token");
        browser.until("a word about the token", () -> browser.text("#token-fault").contains("does not know this token"));
        assertThat(browser.find("#board").isDisplayed()).isFalse();
        browser.find("#token").clear();
        browser.find("#token").sendKeys(FakeFeed.TOKEN + Keys.ENTER);
        browser.untilBoard();
        assertThat(browser.script("return location.href")).isEqualTo(feed.url());
        assertThat(browser.script("return JSON.stringify(localStorage) + document.cookie + document.documentElement.outerHTML"))
                .asString().doesNotContain(FakeFeed.TOKEN);
        assertThat(browser.script("return sessionStorage.getItem('token')")).isEqualTo(FakeFeed.TOKEN);
        assertThat(feed.requests).noneMatch(line -> line.contains(FakeFeed.TOKEN));
        browser.driver.navigate().refresh();
        browser.untilBoard();
        String tab = browser.driver.getWindowHandle();
        browser.driver.switchTo().newWindow(WindowType.TAB).get(feed.url());
        assertThat(browser.find("#sign-in").isDisplayed()).as("another tab asks again").isTrue();
        browser.driver.close();
        browser.driver.switchTo().window(tab);
        browser.find("#leave").click();
        assertThat(browser.find("#sign-in").isDisplayed()).isTrue();
        assertThat(browser.script("return sessionStorage.getItem('token')")).isNull();
        browser.assertNoComplaint("401 (Unauthorized)");
    }

    @Test
    @Tag("full")
    void whoGuessedTooOftenIsToldToWait() {
        feed.refuse = 429;
        browser.signIn(feed.url(), FakeFeed.TOKEN);
        browser.until("a word about waiting", () -> browser.text("#token-fault").contains("ask again in 1 s"));
    }

    @Test
    void aLostConnectionIsToldAndTheNumbersStay() {
        show(Scene.BUSY);
        feed.refuse = 503;
        browser.until("the loss is told", () -> browser.text("#state").contains("since"));
        assertThat(browser.find("#board").isDisplayed()).isTrue();
        assertThat(browser.text("#sessions")).contains("borealis");
        feed.refuse = 0;
        browser.until("it is back", () -> browser.text("#state").equals("Ready"));
        browser.assertNoComplaint("503 (Service Unavailable)");
    }

    @ParameterizedTest
    @EnumSource(names = {"BUSY", "ALARM"})
    void nothingIsComplainedAboutAndNothingComesFromElsewhere(Scene scene) {
        isQuiet(scene);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"BUSY", "ALARM"})
    @Tag("full")
    void nothingIsComplainedAboutAndNothingComesFromElsewhereInOtherScenes(Scene scene) {
        isQuiet(scene);
    }

    private void isQuiet(Scene scene) {
        show(scene);
        @SuppressWarnings("unchecked")
        List<String> loaded = (List<String>) browser.script("return performance.getEntriesByType('resource').map(entry => entry.name)");
        assertThat(loaded).hasSizeGreaterThan(10).allMatch(url -> URI.create(url).getAuthority().equals(URI.create(feed.url()).getAuthority()));
        browser.assertNoComplaint();
    }

    @ParameterizedTest
    @Tag("full")
    @CsvSource({"360, ALARM", "820, BUSY", "1440, FARM"})
    void nothingIsWiderThanThePage(int width, Scene scene) {
        fits(width, scene);
    }

    @ParameterizedTest
    @CsvSource({"360, EMPTY", "360, FARM", "820, ALARM", "820, FARM", "1181, BUSY", "1440, BUSY", "360, OWN"})
    @Tag("full")
    void nothingIsWiderThanThePageInOtherScenes(int width, Scene scene) {
        fits(width, scene);
    }

    private void fits(int width, Scene scene) {
        browser.looksLike(width, 800, "light");
        show(scene);
        assertThat(browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")).isEqualTo(0L);
        assertThat(browser.script("return [...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && !e.closest('.unseen') "
                        + "&& !e.closest('thead') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.tagName)"))
                .isEqualTo(List.of());
        assertThat(browser.script("return [...document.querySelectorAll('thead th')].filter(e => getComputedStyle(e.closest('thead')).position === 'static' "
                        + "&& e.scrollWidth > e.clientWidth).map(e => e.textContent)"))
                .as("column heads that are cut off")
                .isEqualTo(List.of());
    }

    /** The ratio of WCAG 2.2, of each text that is seen to the nearest colour behind it. */
    private static final String FAINT = """
            const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
            const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
            const parse = text => text.match(/[\\d.]+/g).map(Number);
            const behind = element => {
              for (let e = element; e; e = e.parentElement) {
                const colour = parse(getComputedStyle(e).backgroundColor);
                if (colour.length < 4 || colour[3] === 1) return colour;
              }
              throw new Error("no ground");
            };
            let checked = 0;
            const faint = [];
            for (const element of document.querySelectorAll("body *")) {
              const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join("");
              if (!text || !element.checkVisibility() || element.matches("option, script")) continue;
              const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
              const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
              checked++;
              if (ratio < 4.5) faint.push(`${text} (${ratio.toFixed(2)})`);
            }
            return { checked, faint };
            """;

    @ParameterizedTest
    @CsvSource({"dark, FARM", "light, ALARM"})
    void everyTextStandsOutFromItsGround(String theme, Scene scene) {
        standsOut(theme, scene);
    }

    @ParameterizedTest
    @CsvSource({"dark, BUSY", "light, BUSY", "dark, ALARM", "light, FARM", "dark, EMPTY", "light, OWN"})
    @Tag("full")
    void everyTextStandsOutFromItsGroundInOtherScenes(String theme, Scene scene) {
        standsOut(theme, scene);
    }

    private void standsOut(String theme, Scene scene) {
        browser.looksLike(1440, 900, theme);
        show(scene);
        Map<?, ?> found = (Map<?, ?>) browser.script(FAINT);
        assertThat(((Number) found.get("checked")).intValue()).isGreaterThan(40);
        assertThat(found.get("faint")).isEqualTo(List.of());
    }

    @Test
    @Tag("full")
    void theSwitchChangesTheThemeAndTheTabRemembersIt() {
        show(Scene.BUSY);
        Object ground = browser.script("return getComputedStyle(document.body).backgroundColor");
        browser.find("#theme").click();
        Object other = browser.script("return getComputedStyle(document.body).backgroundColor");
        assertThat(other).isNotEqualTo(ground);
        browser.driver.navigate().refresh();
        browser.untilBoard();
        assertThat(browser.script("return getComputedStyle(document.body).backgroundColor")).isEqualTo(other);
        assertThat(((Map<?, ?>) browser.script(FAINT)).get("faint")).isEqualTo(List.of());
        browser.script("sessionStorage.removeItem('theme')");
    }

    @Test
    @Tag("full")
    void everyControlHasANameAndTheKeyboardReachesIt() {
        show(Scene.ALARM);
        browser.until("the history", () -> browser.find("#more-history").isDisplayed());
        assertThat(browser.script("return document.activeElement.id")).as("focus after signing in").isEqualTo("content");
        @SuppressWarnings("unchecked")
        List<String> wanted = (List<String>) browser.script("""
                const seen = [...document.querySelectorAll("button, input, a[href], [tabindex='0']")].filter(e => e.checkVisibility());
                window.nameOf = e => (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent).trim();
                return seen.filter(e => e.type !== "radio" || e.checked).map(nameOf);
                """);
        assertThat(wanted).hasSizeGreaterThan(8).noneMatch(String::isBlank);
        List<String> reached = new ArrayList<>();
        browser.script("document.querySelector('.skip').focus({ focusVisible: true })");
        for (int i = 0; i < wanted.size(); i++) {
            if (i > 0) browser.driver.switchTo().activeElement().sendKeys(Keys.TAB);
            reached.add((String) browser.script("return nameOf(document.activeElement)"));
            assertThat(browser.script("const s = getComputedStyle(document.activeElement), n = document.activeElement.nextElementSibling;"
                    + "return s.outlineStyle !== 'none' || (n !== null && getComputedStyle(n).outlineStyle !== 'none')"))
                    .as("focus on \"%s\" is seen", reached.getLast()).isEqualTo(true);
        }
        assertThat(reached).containsAll(wanted);
    }

    @ParameterizedTest
    @Tag("full")
    @EnumSource(names = "FARM")
    void nothingJumpsWhileNumbersChange(Scene scene) {
        staysInPlace(scene);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FARM")
    @Tag("full")
    void nothingJumpsInOtherScenes(Scene scene) {
        staysInPlace(scene);
    }

    private void staysInPlace(Scene scene) {
        show(scene);
        browser.until("the history came", () -> feed.requests.stream().anyMatch(line -> line.contains("history")));
        // What the sign-in caused is over; from here on every moved element counts.
        browser.script("""
                window.jumps = [];
                window.ticks = 0;
                new PerformanceObserver(list => list.getEntries().forEach(entry => jumps.push(
                    ...entry.sources.map(source => `${source.node?.id || source.node?.className} ${entry.value}`)))).observe({ type: "layout-shift" });
                new MutationObserver(() => window.ticks++).observe(document.getElementById("numbers"), { subtree: true, childList: true, characterData: true });
                """);
        long before = feed.requests.size();
        browser.script("return new Promise(done => { const end = performance.now() + 4500; const look = () => performance.now() > end ? done() : requestAnimationFrame(look); look(); })");
        if (scene != Scene.EMPTY) assertThat((Long) browser.script("return window.ticks")).as("numbers changed").isGreaterThan(2);
        assertThat(browser.script("return window.jumps")).isEqualTo(List.of());
        assertThat(feed.requests.size()).as("one stream, no polling").isEqualTo((int) before);
    }

    @Test
    void anAlarmComesUpWithItsFixAndMovesNothing() {
        show(Scene.BUSY);
        assertThat(browser.text("#alarms")).contains("No alarms");
        Object top = browser.script("return document.getElementById('numbers').getBoundingClientRect().top");
        feed.scene = Scene.ALARM;
        browser.until("the alarm", () -> browser.text("#alarms").contains("quarantined"));
        assertThat(browser.script("return document.getElementById('numbers').getBoundingClientRect().top")).isEqualTo(top);
        assertThat(browser.find("#alarms").getAttribute("aria-live")).isEqualTo("polite");
        assertThat(browser.driver.getTitle()).startsWith("(2)");
        browser.find("#all-alarms").click();
        assertThat(browser.text("#alarms")).contains("bignode verify", "0.9 GiB left", "Free space");
    }

    @Test
    void drainingIsAskedForOnceMoreAndOnlyTheOperatorsTokenDoesIt() {
        feed.scene = Scene.BUSY;
        browser.signIn(feed.url(), FakeFeed.LOOKING);
        browser.untilBoard();
        browser.find("[aria-label='Drain worker hall-01']").click();
        assertThat(browser.text("#ask")).contains("Drain hall-01?", "finishes the leases");
        browser.find("#ask-yes").click();
        browser.until("the refusal is explained", () -> browser.text("#ask-fault").contains("Only the operator"));
        browser.find("#ask").sendKeys(Keys.ESCAPE);
        browser.find("#leave").click();
        show(Scene.BUSY);
        browser.find("[aria-label='Drain worker hall-01']").click();
        browser.find("#ask-yes").click();
        browser.until("the question is gone", () -> !browser.find("#ask").isDisplayed());
        assertThat(feed.requests).contains("POST /api/v1/admin/workers/hall-01/drain");
        browser.assertNoComplaint("401 (Unauthorized)");
    }

    @Test
    @Tag("full")
    void aTenantAmongOthersSeesItsOwnSessionsAndASentenceForTheRest() {
        show(Scene.OWN);
        assertThat(browser.text("#viewer")).isEqualTo("Tenant atlas");
        assertThat(browser.text("#sessions")).contains("atlas").doesNotContain("borealis");
        assertThat(browser.text("#devices")).contains("shown to the node's operator");
        assertThat(browser.find("#cut-devices").isDisplayed()).isFalse();
    }

    @Test
    void anEmptyNodeTellsWhatToDoNext() {
        show(Scene.EMPTY);
        assertThat(browser.text("#sessions")).contains("bignode client examples/dev-net.json --url http://127.0.0.1:");
    }

    @Test
    @Tag("full")
    void twoHundredDevicesAreALineForTheFastestAndARowForEach() {
        show(Scene.FARM);
        browser.script("document.querySelector('input[value=devices]').click()");
        assertThat(browser.text("#left-title")).contains("the fastest 7");
        assertThat(browser.text("#legend")).contains("mean of 193 more");
        assertThat(browser.text("#right-title")).contains("All 200 devices");
        assertThat((Boolean) browser.script("const c = document.querySelector('.heat'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"))
                .isTrue();
        browser.find("#workers .expand").click();
        assertThat(browser.text("#workers")).contains("NVIDIA H100", "GiB", "°C", "W");
    }

    @Test
    @Tag("full")
    void aLostWorkerTellsSinceWhenAndWhyAndShowsNoRateAndOffersNothing() {
        show(Scene.FARM);
        String row = browser.text(".worker:has([aria-controls='worker-hall-07']) header");
        assertThat(row).contains("connection lost", "not connected since", "its process ended").doesNotContain("nonces/s", "1 Jan", "Drain");
        assertThat(browser.text(".worker:has([aria-controls='worker-hall-06']) header")).contains("nonces/s", "Drain");
    }

    @Test
    @Tag("full")
    void theHistoryIsShownAndFetchedAsAFile() {
        show(Scene.BUSY);
        browser.until("ten epochs", () -> browser.driver.findElements(By.cssSelector("#history-rows tr")).size() == 10);
        browser.find("#more-history").click();
        assertThat(browser.driver.findElements(By.cssSelector("#history-rows tr"))).hasSize(14);
        browser.script("HTMLAnchorElement.prototype.click = function () { fetch(this.href).then(r => r.text()).then(t => window.saved = this.download + ' ' + t).catch(e => window.saved = this.download + ' ' + this.href) }");
        browser.find("#csv").click();
        browser.until("the file", () -> String.valueOf(browser.script("return window.saved")).startsWith("bignode-history.csv"));
        assertThat(feed.requests).contains("GET /api/v1/history?format=csv");
    }
}
