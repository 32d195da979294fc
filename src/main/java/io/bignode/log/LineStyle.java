package io.bignode.log;

import java.util.Map;

/** How the lines of the log look, for whom they are written. */
public enum LineStyle {
    /** For people, in a file or a pipe. */
    PLAIN,
    /** For people at a terminal: the level is coloured. */
    COLOURED,
    /** For systemd's journal, which has a time stamp of its own and reads the priority from the line's beginning. */
    JOURNAL,
    /** For machines: an object a line. */
    JSON;

    /**
     * The style that fits where standard error goes.
     *
     * @param json        whether the operator asked for JSON
     * @param environment the process's environment variables: JOURNAL_STREAM, NO_COLOR and TERM count
     */
    public static LineStyle of(boolean json, Map<String, String> environment) {
        if (json) return JSON;
        if (StandardStream.ERROR.isJournal(environment)) return JOURNAL;
        return StandardStream.ERROR.takesColour(environment) ? COLOURED : PLAIN;
    }
}
