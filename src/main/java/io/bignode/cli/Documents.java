package io.bignode.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.poc.Fault;
import io.bignode.poc.InvalidOrderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads the JSON files given on the command line. */
final class Documents {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Documents() {}

    /** A file's document; a file that is missing or no JSON ends the command. */
    static JsonNode read(Path file) {
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException missing) {
            throw CommandException.usage(file + " does not exist");
        } catch (JsonProcessingException malformed) {
            throw CommandException.usage(file + " is not JSON: line " + malformed.getLocation().getLineNr() + ", " + malformed.getOriginalMessage());
        } catch (IOException broken) {
            throw CommandException.usage(file + " cannot be read: " + broken.getMessage());
        }
    }

    /** Ends the command with every fault of a file. */
    static CommandException faulty(Path file, InvalidOrderException invalid) {
        StringBuilder text = new StringBuilder(file + " cannot be used:");
        for (Fault fault : invalid.faults()) {
            text.append(System.lineSeparator()).append("  ").append(fault.field().isEmpty() ? "" : fault.field() + " ").append(fault.message());
        }
        return CommandException.usage(text.toString());
    }

    static ObjectMapper json() {
        return JSON;
    }
}
