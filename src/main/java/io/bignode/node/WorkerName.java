package io.bignode.node;

import io.bignode.config.DataFolder;
import io.bignode.config.Setting;
import io.bignode.protocol.DeviceId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;

/** What a worker is called: its host's name and some digits that tell it from others, made once and kept in its data folder. */
public final class WorkerName {
    private static final String FILE = "worker-name";
    private static final int HOST_LENGTH = 48;

    private WorkerName() {}

    /**
     * The name in the data folder, which is made when it is missing.
     *
     * @throws CommandException when the file cannot be used
     */
    public static String in(Path dataDir) {
        Path file = file(dataDir);
        try {
            if (!Files.exists(file)) {
                DataFolder.make(dataDir);
                Path draft = Files.createTempFile(dataDir, "." + FILE, "");
                Files.writeString(draft, make() + "\n");
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            }
            String name = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
            if (DeviceId.isWorker(name) && !name.equals(DeviceId.LOCAL)) return name;
            throw CommandException.environment(file + " holds no name of a worker; remove it and a new one is made");
        } catch (IOException e) {
            throw CommandException.environment("the worker's name cannot be kept in " + file + ": " + e.getMessage()
                    + "; set " + Setting.DATA_DIR + " to a folder you may write, or " + Setting.WORKER_NAME);
        }
    }

    /** The file of a data folder that holds the name. */
    public static Path file(Path dataDir) {
        return dataDir.resolve(FILE);
    }

    /** A new name. */
    public static String make() {
        byte[] bits = new byte[3];
        new SecureRandom().nextBytes(bits);
        return host() + "-" + HexFormat.of().formatHex(bits);
    }

    private static String host() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "worker"; // the host has no name that can be looked up
        }
        int dot = host.indexOf('.');
        String plain = (dot > 0 ? host.substring(0, dot) : host).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
        String some = plain.isEmpty() ? "worker" : plain;
        return some.length() > HOST_LENGTH ? some.substring(0, HOST_LENGTH) : some;
    }
}
