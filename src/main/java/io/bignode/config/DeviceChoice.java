package io.bignode.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which of a host's devices to use.
 *
 * @param kind  what the operator asked for
 * @param names of the GPUs, where some were named: {@code cuda:0}, or the beginning of a uuid, {@code GPU-3f2a}
 */
public record DeviceChoice(Kind kind, List<String> names) {
    /** Every GPU there is, and the CPU where there is none. */
    public static final DeviceChoice ALL = new DeviceChoice(Kind.ALL, List.of());

    /** What the operator asked for. */
    public enum Kind {
        /** Every GPU, and the CPU where there is none. */
        ALL,
        /** The CPU alone, whatever GPUs there are. */
        CPU,
        /** None: the head only distributes what workers on other hosts compute. */
        NONE,
        /** The GPUs named, and nothing in their place. */
        NAMED
    }

    /** Copies the list; names go with {@link Kind#NAMED} and with nothing else. */
    public DeviceChoice {
        names = List.copyOf(names);
        if (names.isEmpty() == (kind == Kind.NAMED)) throw new IllegalArgumentException(kind + " " + names);
    }

    /** As an operator writes it. */
    public String text() {
        return kind == Kind.NAMED ? String.join(",", names) : kind.name().toLowerCase(Locale.ROOT);
    }

    /** Whether a GPU is to be used. */
    public boolean includes(int ordinal, String uuid) {
        return switch (kind) {
            case ALL -> true;
            case CPU, NONE -> false;
            case NAMED -> names.stream().anyMatch(name -> matches(name, ordinal, uuid));
        };
    }

    /** Whether a name means this GPU. */
    public static boolean matches(String name, int ordinal, String uuid) {
        return name.startsWith("GPU-") ? uuid.startsWith(name) : name.equals("cuda:" + ordinal);
    }

    /** Reads {@code all}, {@code cpu}, {@code none}, or names with commas between them; empty when it is none of these. */
    static Optional<DeviceChoice> parse(String text) {
        if (text.equals("all")) return Optional.of(ALL);
        if (text.equals("none")) return Optional.of(new DeviceChoice(Kind.NONE, List.of()));
        if (text.equals("cpu")) return Optional.of(new DeviceChoice(Kind.CPU, List.of()));
        List<String> names = List.of(text.split(",", -1)).stream().map(String::strip).map(DeviceChoice::canonical).toList();
        boolean sound = names.stream().allMatch(name -> name.matches("cuda:\\d{1,4}|GPU-[0-9a-f-]{4,36}")) && names.stream().distinct().count() == names.size();
        return sound ? Optional.of(new DeviceChoice(Kind.NAMED, names)) : Optional.empty();
    }

    private static String canonical(String name) {
        if (name.startsWith("MIG-")) return name.replaceFirst("MIG-", "GPU-"); // the driver tells a part of a GPU as it tells a whole one
        return name.matches("\\d+") ? "cuda:" + name : name;
    }
}
