package io.bignode.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Where the process' own output goes: a terminal, systemd's journal, or something else, as a file or a pipe. */
public enum StandardStream {
    /** The results of a command. */
    OUTPUT(1),
    /** Progress, messages and the log. */
    ERROR(2);

    private final Path descriptor;

    StandardStream(int descriptor) {
        this.descriptor = Path.of("/proc/self/fd/" + descriptor);
    }

    /** Whether a person looks at it. Where the system does not tell, both standard input and output must be a terminal. */
    public boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException noProc) {
            return System.console() != null && System.console().isTerminal();
        }
    }

    /** Whether it is a terminal and its user did not ask for plain text (no-color.org). */
    public boolean takesColour(Map<String, String> environment) {
        return environment.getOrDefault("NO_COLOR", "").isEmpty() && !environment.getOrDefault("TERM", "dumb").equals("dumb") && isTerminal();
    }

    /** Whether it is the journal's own stream: a process that inherited the variable but writes elsewhere writes to no journal. */
    boolean isJournal(Map<String, String> environment) {
        String journal = environment.getOrDefault("JOURNAL_STREAM", "");
        if (journal.isEmpty()) return false;
        try {
            return journal.equals(Files.getAttribute(descriptor, "unix:dev") + ":" + Files.getAttribute(descriptor, "unix:ino"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return false;
        }
    }
}
