package io.bignode.cli.terminal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.node.CommandException;
import io.bignode.node.FileFault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads the JSON files given on the command line. */
public final class Documents {
    /** A million nonces with their distances take half of it. */
    static final int MAX_BYTES = 64 << 20;

    /** A million nonces with their distances are two thirds of it; small values take many times their characters in memory. */
    private static final long MAX_TOKENS = 3_000_000;

    /** A name that stands twice would have one of its values taken without a word, and what follows the document would be left out likewise. */
    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxTokenCount(MAX_TOKENS).build())
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Documents() {}

    /** A file's document; a file that is missing, too large or no JSON ends the command. */
    public static JsonNode read(Path file) {
        byte[] bytes = bytes(file);
        try {
            JsonNode document = JSON.readTree(bytes);
            if (document.isMissingNode()) throw CommandException.usage(file + " is empty");
            return document;
        } catch (JsonProcessingException malformed) {
            throw CommandException.usage(file + " is not JSON: " + place(malformed) + message(malformed));
        } catch (IOException impossible) {
            throw new IllegalStateException("memory does not fail to be read", impossible);
        }
    }

    /** A line's document. */
    public static JsonNode parse(String text) throws JsonProcessingException {
        return JSON.readTree(text);
    }

    /** How a document is malformed. */
    public static String message(JsonProcessingException malformed) {
        return malformed.getOriginalMessage().replaceAll(", from `[^`]*`", "");
    }

    /** Where a document is malformed; what nests too deeply or has too long a number is refused without a place. */
    private static String place(JsonProcessingException malformed) {
        JsonLocation place = malformed.getLocation();
        return place == null ? "" : "line " + place.getLineNr() + ", ";
    }

    /** Never more than may be, whatever the file is or becomes meanwhile. */
    private static byte[] bytes(Path file) {
        if (Files.isDirectory(file)) throw CommandException.usage(file + " is a folder: give a file");
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) throw CommandException.usage(file + " has more than " + (MAX_BYTES >> 20) + " MiB: a file of this kind has not");
            return bytes;
        } catch (NoSuchFileException missing) {
            throw CommandException.usage(file + " does not exist");
        } catch (IOException broken) {
            throw CommandException.usage(file + " cannot be read: " + FileFault.reason(broken));
        }
    }

    /** Ends the command with every fault of a file. */
    public static CommandException faulty(Path file, InvalidDocumentException invalid) {
        StringBuilder text = new StringBuilder(file + " cannot be used:");
        for (Fault fault : invalid.faults()) {
            text.append(System.lineSeparator()).append("  ").append(fault.field().isEmpty() ? "" : fault.field() + " ").append(fault.message());
        }
        return CommandException.usage(text.toString());
    }

    /** Reads and writes JSON by the rules of these files: no name twice, nothing after the document, a bounded number of values. */
    public static ObjectMapper json() {
        return JSON;
    }
}
