package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folders in which CUDA's libraries lie on a host, beside the loader's own path: toolkits, and the Python environments in which PyTorch brings the
 * libraries along. Hosts that are rented by the hour often have no others.
 */
final class LibraryFolders {
    /** Where a toolkit or a conda environment has its libraries. */
    private static final List<String> OF_A_TOOLKIT = List.of("lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib");

    /** Where a Python environment has those that were installed as packages: {@code nvidia/cu13/lib} for CUDA 13, one folder a library for CUDA 12. */
    private static final List<String> OF_PYTHON =
            List.of("lib/python3*/site-packages/nvidia/*/lib", "lib/python3*/dist-packages/nvidia/*/lib", "lib64/python3*/site-packages/nvidia/*/lib");

    private static final List<String> ENVIRONMENTS = List.of("usr", "usr/local", "opt/*", "opt/*/.venv", "opt/*/envs/*", "venv", "venv/*");

    private static final List<String> ENVIRONMENTS_AT_HOME = List.of(".local", ".venv", "venv", "*conda3", "*conda3/envs/*", ".pyenv/versions/*");

    private static final Pattern VERSION = Pattern.compile("cuda-(\\d+)(?:\\.(\\d+))?");

    private LibraryFolders() {}

    /**
     * The folders that are there, in the order of preference: those of the named environments, then of installed toolkits, the newest version first, then of
     * Python environments.
     *
     * @param named a toolkit, a virtual environment or a conda environment each
     * @param root  the file system's root
     * @param home  the user's folder
     */
    static List<Path> of(List<Path> named, Path root, Path home) {
        List<Path> folders = new ArrayList<>();
        for (Path environment : named) {
            folders.addAll(below(environment, OF_A_TOOLKIT));
            folders.addAll(below(environment, OF_PYTHON));
        }
        for (Path toolkit : toolkits(root.resolve("usr/local"))) folders.addAll(below(toolkit, OF_A_TOOLKIT));
        List<Path> environments = new ArrayList<>(below(root, ENVIRONMENTS));
        environments.addAll(below(home, ENVIRONMENTS_AT_HOME));
        for (Path environment : environments) folders.addAll(below(environment, OF_PYTHON));
        // A folder that has several names is looked at once.
        Map<Path, Path> different = new LinkedHashMap<>();
        for (Path folder : folders) different.putIfAbsent(real(folder), folder);
        return List.copyOf(different.values());
    }

    /** The toolkits in a folder, the newest version first; one that names no version, and is no link to one that does, comes last. */
    private static List<Path> toolkits(Path installed) {
        List<Path> toolkits = new ArrayList<>(below(installed, List.of("cuda*")));
        toolkits.sort(Comparator.comparingInt((Path toolkit) -> version(real(toolkit))).reversed());
        return toolkits;
    }

    private static int version(Path toolkit) {
        Matcher version = VERSION.matcher(String.valueOf(toolkit.getFileName()));
        if (!version.matches()) return 0;
        return 1000 * Integer.parseInt(version.group(1)) + (version.group(2) == null ? 0 : Integer.parseInt(version.group(2)));
    }

    /** The folders below {@code start} that match one of the patterns, in the patterns' order, and of one pattern the last name first. */
    private static List<Path> below(Path start, List<String> patterns) {
        List<Path> found = new ArrayList<>();
        for (String pattern : patterns) {
            List<Path> level = List.of(start);
            for (String name : pattern.split("/")) {
                List<Path> next = new ArrayList<>();
                for (Path folder : level) next.addAll(name.contains("*") ? matching(folder, name) : List.of(folder.resolve(name)));
                level = next.stream().filter(Files::isDirectory).toList();
            }
            found.addAll(level);
        }
        return found;
    }

    private static List<Path> matching(Path folder, String pattern) {
        List<Path> matching = new ArrayList<>();
        if (!Files.isDirectory(folder)) return matching;
        try (DirectoryStream<Path> names = Files.newDirectoryStream(folder, pattern)) {
            names.forEach(matching::add);
        } catch (AccessDeniedException notOurs) {
            // What this user may not read it cannot load either.
            return List.of();
        } catch (IOException | DirectoryIteratorException unreadable) {
            throw new DeviceException("cannot look for CUDA's libraries in " + folder, unreadable);
        }
        matching.sort(Comparator.<Path>naturalOrder().reversed());
        return matching;
    }

    private static Path real(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException gone) {
            throw new UncheckedIOException("cannot look for CUDA's libraries in " + folder, gone);
        }
    }
}
