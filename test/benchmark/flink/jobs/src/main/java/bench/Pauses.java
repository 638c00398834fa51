package bench;
import java.io.*;
/** The longest time between two looks at the clock, with 16 records each, in every second: lines "epochMicros longestMicros", as jobs/pause-probe.ts writes them. */
public final class Pauses {
    private final File file; private int records; private long last, windowStart, longest;
    public Pauses(String dir) { file = new File(dir, "pauses-" + ProcessHandle.current().pid() + "-" + System.nanoTime() + ".log"); }
    public void onRecord() throws IOException {
        if (++records < 16) return;
        records = 0; long now = System.nanoTime();
        if (last != 0 && now - last > longest) longest = now - last;
        if (now - windowStart >= 1_000_000_000L) {
            if (windowStart != 0) try (FileWriter w = new FileWriter(file, true)) { w.write(Probe.nowMicros() + " " + longest / 1000 + "\n"); }
            windowStart = now; longest = 0;
        }
        last = now;
    }
}
