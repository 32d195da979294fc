package io.bignode.api.delegation;

import io.bignode.http.ProblemException;
import io.bignode.http.Query;
import io.bignode.json.Fault;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** What a poll asks for besides its session; faults are collected, so that all are named at once. */
final class PollQuery {
    private static final Pattern CURSOR = Pattern.compile("[0-9]{1,19}");
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");
    private static final BigDecimal LONGEST_WAIT = BigDecimal.valueOf(30);

    private PollQuery() {}

    /**
     * The cursor up to which everything is acknowledged; empty where none is given.
     *
     * @param lastEventId the cursor of the last event the client had, which is newer than the one in its query; empty text where there is none
     */
    static OptionalLong after(Query query, String lastEventId, List<Fault> faults) {
        Optional<String> text = value(query, "after", faults);
        if (!lastEventId.isEmpty()) return cursor("Last-Event-ID", lastEventId, faults);
        return text.isEmpty() ? OptionalLong.empty() : cursor("after", text.get(), faults);
    }

    private static OptionalLong cursor(String name, String text, List<Fault> faults) {
        if (CURSOR.matcher(text).matches()) {
            try {
                return OptionalLong.of(Long.parseLong(text));
            } catch (NumberFormatException e) {
                // 19 digits above Long.MAX_VALUE: no cursor either
            }
        }
        faults.add(new Fault(name, "must be a cursor, a whole number from 0"));
        return OptionalLong.empty();
    }

    /** How long the answer may be held back until there is something; zero where nothing is given. */
    static Duration wait(Query query, List<Fault> faults) {
        Optional<String> text = value(query, "wait", faults);
        if (text.isEmpty()) return Duration.ZERO;
        if (SECONDS.matcher(text.get()).matches()) {
            BigDecimal seconds = new BigDecimal(text.get());
            if (seconds.compareTo(LONGEST_WAIT) <= 0)
                return Duration.ofNanos(seconds.movePointRight(9).longValue());
        }
        faults.add(new Fault("wait", "must be a number of seconds from 0 to " + LONGEST_WAIT));
        return Duration.ZERO;
    }

    private static Optional<String> value(Query query, String name, List<Fault> faults) {
        try {
            return query.value(name);
        } catch (ProblemException e) {
            faults.addAll(e.problem().faults());
            return Optional.empty();
        }
    }
}
