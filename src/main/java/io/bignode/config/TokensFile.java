package io.bignode.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The file that says whose token is whose: a tenant's token a line, {@code #} begins a comment.
 *
 * <pre>
 * # name   SHA-256 of the token                                             sessions  weight
 * alice    2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b  4         1
 * </pre>
 *
 * <p>A tenant may have several lines, with the same numbers: so a token is replaced without a moment at which none is right.
 */
public final class TokensFile {
    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_FAULTS = 20;
    private static final String FORM = "NAME DIGEST SESSIONS WEIGHT";

    private TokensFile() {}

    /**
     * Reads a file.
     *
     * @return its lines' tokens, at least one
     * @throws InvalidSettingsException with every fault, each with its line's number; nothing that could be a token is repeated
     */
    public static List<TenantToken> read(Path file) throws InvalidSettingsException {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.contains(PosixFilePermission.OTHERS_WRITE) || permissions.contains(PosixFilePermission.GROUP_WRITE)) {
                throw fault(file, "may be written by others, who could let themselves in; run: chmod go-w '" + file + "'");
            }
            if (!Files.isRegularFile(file)) throw fault(file, "is no regular file");
            if (Files.size(file) > MAX_BYTES) throw fault(file, "is larger than " + MAX_BYTES + " bytes, too large for a list of tokens");
            return parse(file, Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            throw fault(file, "does not exist");
        } catch (IOException e) {
            throw fault(file, "cannot be read: " + e.getClass().getSimpleName());
        }
    }

    /** Whether anybody may read a file: digests of weak tokens can be guessed at leisure, and keys need not be guessed. */
    public static boolean readableByOthers(Path file) {
        try {
            return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException e) {
            return false; // the next reader reports what is wrong with it
        }
    }

    private static List<TenantToken> parse(Path file, String text) throws InvalidSettingsException {
        Lines lines = new Lines(file);
        int number = 0;
        for (String line : text.lines().toList()) lines.read(++number, line.replaceFirst("#.*", "").strip());
        return lines.checked();
    }

    /** What was read of a file so far. */
    private static final class Lines {
        private final Path file;
        private final List<TenantToken> tokens = new ArrayList<>();
        private final Map<String, Integer> lineOfName = new HashMap<>();
        private final Map<TenantToken.HexDigest, Integer> lineOfDigest = new HashMap<>();
        private final List<InvalidSettingsException.Fault> faults = new ArrayList<>();

        Lines(Path file) {
            this.file = file;
        }

        void read(int number, String line) {
            if (line.isEmpty()) return;
            String[] words = line.split("\\s+");
            if (words.length != 4) {
                fault(number, "has " + words.length + " words; it must have four: " + FORM);
                return;
            }
            int before = faults.size();
            if (!TenantToken.NAME.matcher(words[0]).matches()) {
                fault(number, "must begin with a tenant's name: up to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
            }
            Optional<TenantToken.HexDigest> digest = digest(words[1]);
            if (digest.isEmpty()) {
                fault(number, "has no digest of 64 hexadecimal digits as its second word; make one with: printf %s TOKEN | sha256sum");
            }
            int sessions = sessions(words[2]);
            if (sessions == 0) fault(number, "must have a whole number of sessions from 1 to " + TenantToken.MAX_SESSIONS + " as its third word");
            double weight = weight(words[3]);
            if (weight == 0) {
                fault(number, "must have a weight from " + TenantToken.MIN_WEIGHT + " to " + (int) TenantToken.MAX_WEIGHT + " as its fourth word");
            }
            if (faults.size() == before) add(number, new TenantToken(words[0], digest.orElseThrow(), sessions, weight));
        }

        private void add(int number, TenantToken token) {
            Integer same = lineOfDigest.putIfAbsent(token.digest(), number);
            if (same != null) fault(number, "has the digest of line " + same + "; every token is one tenant's");
            Integer line = lineOfName.putIfAbsent(token.name(), number);
            boolean agrees = tokens.stream()
                    .filter(other -> other.name().equals(token.name()))
                    .allMatch(other -> other.maxSessions() == token.maxSessions() && other.weight() == token.weight());
            if (line != null && !agrees) fault(number, "gives tenant " + token.name() + " other numbers than line " + line);
            tokens.add(token);
        }

        List<TenantToken> checked() throws InvalidSettingsException {
            if (tokens.isEmpty() && faults.isEmpty()) {
                faults.add(new InvalidSettingsException.Fault(file.toString(), "names no tenant; add a line with: bignode tenant NAME >> '" + file + "'"));
            }
            if (!faults.isEmpty()) throw new InvalidSettingsException(faults);
            return List.copyOf(tokens);
        }

        private void fault(int line, String message) {
            if (faults.size() == MAX_FAULTS) faults.add(new InvalidSettingsException.Fault(file.toString(), "has more faulty lines"));
            if (faults.size() < MAX_FAULTS) faults.add(new InvalidSettingsException.Fault(file + ", line " + line + ",", message));
        }

        private static Optional<TenantToken.HexDigest> digest(String word) {
            try {
                return Optional.of(TenantToken.HexDigest.parse(word));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        /** 0 for what is no such number. */
        private static int sessions(String word) {
            int number = word.matches("[0-9]{1,5}") ? Integer.parseInt(word) : 0;
            return number <= TenantToken.MAX_SESSIONS ? number : 0;
        }

        /** 0 for what is no such number. */
        private static double weight(String word) {
            double number = word.matches("[0-9]{1,6}(\\.[0-9]{1,6})?") ? Double.parseDouble(word) : 0;
            return number >= TenantToken.MIN_WEIGHT && number <= TenantToken.MAX_WEIGHT ? number : 0;
        }
    }

    private static InvalidSettingsException fault(Path file, String message) {
        return new InvalidSettingsException(file.toString(), message);
    }
}
