package io.bignode;

/** Entry point: wires the objects of a command and turns its outcome into an exit code. */
public final class Main {
    private Main() {}

    /**
     * Runs one command.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        System.out.println("bignode");
    }
}
