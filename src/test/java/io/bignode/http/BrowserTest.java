package io.bignode.http;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests that look at a page: one browser for all of a class, as it takes long to start. */
abstract class BrowserTest {
    static Browser browser;

    @BeforeAll
    static void startTheBrowser() {
        browser = new Browser();
    }

    /** Where there is no browser the class was skipped. */
    @AfterAll
    static void closeTheBrowser() {
        if (browser != null) browser.close();
        browser = null;
    }
}
