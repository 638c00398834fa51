package bench;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.*;
import org.apache.flink.api.common.state.*;
import org.apache.flink.api.common.typeinfo.*;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.datastream.*;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

public class Bench {
    public static final long PRIME = 1_000_003L;
    public static class Event { public long seq; public long ts; public Event() {} public Event(long s, long t) { seq = s; ts = t; } }
    public static class KeyCount { public long key; public long count; public long ts; public KeyCount() {} public KeyCount(long k, long c, long t) { key = k; count = c; ts = t; } }
    public static class WordCount { public String word; public long n; public WordCount() {} public WordCount(String w, long n) { word = w; this.n = n; } }
    public static class Big { public long count; public byte[] pad; public Big() {} }
    public static class Seen { public long count; public long at; public String label; public Seen() {} public Seen(long c, long a, String l) { count = c; at = a; label = l; } }

    public static class EventGen implements Gen<Event> { public Event make(long s, long ts) { return new Event(s, ts); } }
    /** Vocabulary word i: base-26 letters of i+26^2, least significant first, repeated/cut to 3 + i%8 chars. Line L word j: index = LCG. */
    public static class Words implements Gen<String> {
        final int ring, perLine, vocab; transient String[] lines;
        Words(Params p) { ring = p.getI("ring", 65536); perLine = 10; vocab = 20000; }
        static String word(int i) {
            StringBuilder b = new StringBuilder(); int x = i + 676; while (x > 0) { b.append((char) ('a' + x % 26)); x /= 26; }
            int len = 3 + i % 8; while (b.length() < len) b.append(b.charAt(b.length() - 3)); return b.toString();
        }
        void init() {
            String[] v = new String[vocab]; for (int i = 0; i < vocab; i++) v[i] = word(i);
            String[] l = new String[ring]; int x = 42;
            for (int i = 0; i < ring; i++) { StringBuilder b = new StringBuilder(); for (int j = 0; j < perLine; j++) { x = x * 1664525 + 1013904223; if (j > 0) b.append(' '); b.append(v[(int) (((x & 0xffffffffL) * vocab) >>> 32)]); } l[i] = b.toString(); }
            lines = l;
        }
        public String make(long s, long ts) { if (lines == null) init(); return lines[(int) (s & (ring - 1))]; }
    }

    public static class CountFn extends KeyedProcessFunction<Long, Event, KeyCount> {
        transient ValueState<Long> st;
        @Override public void open(OpenContext c) { st = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG)); }
        @Override public void processElement(Event e, Context ctx, Collector<KeyCount> out) throws Exception {
            Long c = st.value(); long n = c == null ? 1 : c + 1; st.update(n); out.collect(new KeyCount(ctx.getCurrentKey(), n, e.ts));
        }
    }
    /** Same, plus throws once (per job, attempt 0) at wall time openedAt+failAfterMs on subtask 0. */
    public static class FailingCountFn extends CountFn {
        final long failAfterMs; transient long at; transient int k; final String out;
        FailingCountFn(long f, String out) { failAfterMs = f; this.out = out; }
        @Override public void open(OpenContext c) { super.open(c); var ti = getRuntimeContext().getTaskInfo(); at = ti.getAttemptNumber() == 0 && ti.getIndexOfThisSubtask() == 0 ? System.currentTimeMillis() + failAfterMs : Long.MAX_VALUE; }
        @Override public void processElement(Event e, Context ctx, Collector<KeyCount> o) throws Exception {
            if ((++k & 63) == 0 && System.currentTimeMillis() > at) {
                java.nio.file.Files.writeString(java.nio.file.Path.of(out, "fail.txt"), Long.toString(Probe.nowMicros())); throw new RuntimeException("injected failure");
            }
            super.processElement(e, ctx, o);
        }
    }
    /** Counts by key, as numbers or in objects, with an eye on the clock; throws once, failAfterMs after it was opened (below 0: never). */
    public static class LargeFn extends KeyedProcessFunction<Long, Event, KeyCount> {
        final boolean objects; final long failAfterMs; final String out; transient ValueState<Long> count; transient ValueState<Seen> seen; transient Pauses pauses; transient long failAt; transient int k;
        LargeFn(Params p) { objects = p.get("value", "number").equals("object"); failAfterMs = p.getL("failAfterMs", -1); out = p.get("out", "/tmp"); }
        @Override public void open(OpenContext c) {
            if (objects) seen = getRuntimeContext().getState(new ValueStateDescriptor<>("seen", TypeInformation.of(Seen.class))); else count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
            pauses = new Pauses(out); failAt = failAfterMs < 0 || failFile().exists() ? Long.MAX_VALUE : System.currentTimeMillis() + failAfterMs;
        }
        java.io.File failFile() { return new java.io.File(out, "fail.txt"); }
        @Override public void processElement(Event e, Context ctx, Collector<KeyCount> o) throws Exception {
            if ((++k & 63) == 0 && System.currentTimeMillis() > failAt && !failFile().exists()) { java.nio.file.Files.writeString(failFile().toPath(), Long.toString(Probe.nowMicros())); throw new RuntimeException("injected failure"); }
            pauses.onRecord(); long n;
            if (objects) { Seen s = seen.value(); n = s == null ? 1 : s.count + 1; seen.update(new Seen(n, e.seq, "seen")); }
            else { Long c = count.value(); n = c == null ? 1 : c + 1; count.update(n); }
            o.collect(new KeyCount(ctx.getCurrentKey(), n, e.ts));
        }
    }
    /** Counts by key, in objects. Event seq is the one numbered seq / keys of its key: where the count says anything else, wrong-<nonce>.txt says so, and where it is below leastCount. busyMicros: how long each record keeps its subtask busy. */
    public static class VerifiedFn extends KeyedProcessFunction<Long, Event, KeyCount> {
        final long failAfterMs, keys, busyNanos, least; final String out; transient ValueState<Seen> seen; transient long failAt; transient int k, wrong; transient java.nio.file.Path wrongFile;
        VerifiedFn(Params p) { failAfterMs = p.getL("failAfterMs", -1); out = p.get("out", "/tmp"); keys = p.getL("keys", 100_000); busyNanos = p.getL("busyMicros", 0) * 1000; least = p.getL("leastCount", 1); }
        @Override public void open(OpenContext c) {
            seen = getRuntimeContext().getState(new ValueStateDescriptor<>("seen", TypeInformation.of(Seen.class))); failAt = failAfterMs < 0 || failFile().exists() ? Long.MAX_VALUE : System.currentTimeMillis() + failAfterMs;
            wrongFile = java.nio.file.Path.of(out, "wrong-" + getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() + "-" + ProcessHandle.current().pid() + "-" + System.nanoTime() + ".txt");
        }
        java.io.File failFile() { return new java.io.File(out, "fail.txt"); }
        @Override public void processElement(Event e, Context ctx, Collector<KeyCount> o) throws Exception {
            if ((++k & 63) == 0 && System.currentTimeMillis() > failAt && !failFile().exists()) { java.nio.file.Files.writeString(failFile().toPath(), Long.toString(Probe.nowMicros())); throw new RuntimeException("injected failure"); }
            if (busyNanos > 0) { long until = System.nanoTime() + busyNanos; while (System.nanoTime() < until) Thread.onSpinWait(); }
            Seen s = seen.value(); long n = s == null ? 1 : s.count + 1; seen.update(new Seen(n, e.seq, "seen"));
            if ((n != e.seq / keys + 1 || n < least) && ++wrong <= 10) java.nio.file.Files.writeString(wrongFile, ctx.getCurrentKey() + " " + e.seq + " " + n + "\n", java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND);
            o.collect(new KeyCount(ctx.getCurrentKey(), n, e.ts));
        }
    }
    public static class BigFn extends KeyedProcessFunction<Long, Event, KeyCount> {
        final int bytes; transient ValueState<Big> st; BigFn(int b) { bytes = b; }
        @Override public void open(OpenContext c) { st = getRuntimeContext().getState(new ValueStateDescriptor<>("big", TypeInformation.of(Big.class))); }
        @Override public void processElement(Event e, Context ctx, Collector<KeyCount> out) throws Exception {
            Big b = st.value(); if (b == null) { b = new Big(); b.pad = new byte[bytes]; long x = e.seq; for (int i = 0; i < bytes; i++) { x = x * 6364136223846793005L + 1442695040888963407L; b.pad[i] = (byte) (x >>> 56); } }
            b.count++; st.update(b); out.collect(new KeyCount(ctx.getCurrentKey(), b.count, e.ts));
        }
    }
    public static class SumFn extends KeyedProcessFunction<String, WordCount, WordCount> {
        transient ValueState<Long> st;
        @Override public void open(OpenContext c) { st = getRuntimeContext().getState(new ValueStateDescriptor<>("sum", Types.LONG)); }
        @Override public void processElement(WordCount w, Context ctx, Collector<WordCount> out) throws Exception {
            Long c = st.value(); long n = c == null ? w.n : c + w.n; st.update(n); out.collect(new WordCount(w.word, n));
        }
    }
    public static class Split implements FlatMapFunction<String, WordCount> {
        public void flatMap(String l, Collector<WordCount> o) { int s = 0, e; while ((e = l.indexOf(' ', s)) >= 0) { o.collect(new WordCount(l.substring(s, e), 1)); s = e + 1; } o.collect(new WordCount(l.substring(s), 1)); }
    }

    public static void main(String[] a) throws Exception {
        Params p = Params.of(a);
        Configuration conf = new Configuration();
        for (String kv : p.get("conf", "").split(";")) if (kv.contains("=")) conf.setString(kv.substring(0, kv.indexOf('=')), kv.substring(kv.indexOf('=') + 1));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(conf);
        env.setParallelism(p.getI("p", 2));
        String job = p.get("job", "keyed-count"); final long keys = p.getL("keys", 100_000);
        if (job.startsWith("q")) { Nexmark.build(env, job, p); env.execute(job); return; }
        if (job.equals("wordcount")) {
            env.fromSource(new SeqSource<>(new Words(p), Types.STRING, p, false), WatermarkStrategy.noWatermarks(), "src")
               .flatMap(new Split()).returns(TypeInformation.of(WordCount.class)).keyBy(w -> w.word, Types.STRING).process(new SumFn()).sinkTo(new CountSink<WordCount>(p, null));
            env.execute(job); return;
        }
        DataStream<Event> src = env.fromSource(new SeqSource<>(new EventGen(), TypeInformation.of(Event.class), p, false), WatermarkStrategy.noWatermarks(), "src");
        switch (job) {
            case "passthrough" -> src.map(e -> new Event(e.seq + 1, e.ts)).returns(TypeInformation.of(Event.class)).sinkTo(new CountSink<Event>(p, null));
            // source -> rebalance/hash shuffle -> sink: pure network cost
            case "shuffle" -> src.keyBy(e -> (e.seq * PRIME) % keys, Types.LONG).map(e -> new Event(e.seq + 1, e.ts)).returns(TypeInformation.of(Event.class)).sinkTo(new CountSink<Event>(p, null));
            case "keyed-count" -> src.keyBy(e -> (e.seq * PRIME) % keys, Types.LONG).process(new CountFn()).sinkTo(new CountSink<KeyCount>(p, p.getL("rate", 0) > 0 ? k -> k.ts : null));
            case "keyed-count-fail" -> src.keyBy(e -> (e.seq * PRIME) % keys, Types.LONG).process(new FailingCountFn(p.getL("failAfterMs", 10000), p.get("out", "/tmp"))).sinkTo(new CountSink<KeyCount>(p, p.getL("rate", 0) > 0 ? k -> k.ts : null));
            case "large-state" -> src.keyBy(e -> (e.seq * PRIME) % keys, Types.LONG).process(new LargeFn(p)).sinkTo(new CountSink<KeyCount>(p, p.getL("rate", 0) > 0 ? k -> k.ts : null));
            case "verified-count" -> src.keyBy(e -> (e.seq * PRIME) % keys, Types.LONG).process(new VerifiedFn(p)).sinkTo(new CountSink<KeyCount>(p, p.getL("rate", 0) > 0 ? k -> k.ts : null));
            case "big-state" -> src.keyBy(e -> (e.seq * PRIME) % keys, Types.LONG).process(new BigFn(p.getI("valueBytes", 500))).sinkTo(new CountSink<KeyCount>(p, null));
            default -> throw new IllegalArgumentException(job);
        }
        env.execute(job);
    }
}
