#!/usr/bin/env python3
"""Makes the cases of ../gpu-acceptance.sh, and judges what its parts left behind.

  acceptance.py cases GOLDEN PARTS    one case a file in PARTS/cases: the golden ones, and 2,000 nonces of test-net
  acceptance.py gpu PARTS .           ends with 0 when doctor, one of the parts, found a GPU that computes, with 1 when it did not
  acceptance.py report PARTS OUT      prints the table and the verdicts; writes OUT/table.md and OUT/results.json; ends with 1 when a criterion failed

A part NAME left PARTS/NAME.out, what it printed, and PARTS/NAME.log, or PARTS/NAME.missing, why there is nothing. Needs Python's own library alone.
"""
import json
import math
import os
import re
import sys
from pathlib import Path

R_TARGET = 1.4013564660458173
AGREEMENT_NONCES = 2000
MOST_DEVIATION = 1e-5
MOST_DISAGREEING = 5e-4
MARGIN = 5e-6
# Main-net: with our own feed-forward kernel, and with the library's products alone.
LEAST_SHARE = {True: 0.90, False: 0.80}
# Test-net's rows are short: its elementwise parts weigh twice as much beside its products. These two are goals that we set ourselves; the others were agreed.
LEAST_SHARE_TEST_NET = {True: 0.75, False: 0.70}
# To eager PyTorch, which loses less where memory is faster: an H200 has more bandwidth at the same product rate.
LEAST_RATIO, LEAST_RATIO_H100 = 1.35, 1.40
MOST_COLD_SECONDS = 2.0
# A wrong attention changes these models' distances by a few millionths only: what the CPU shows, times ten.
MOST_DEVIATION_SMALL = {"small-dev-net": 2e-6}
MOST_DEVIATION_OTHER_SMALL = 1e-6
SMALL_GPU_MIB = 8192
NETS = ("main-net", "test-net")
SMALLEST = "small-tiny"
# Set in the environment, it makes every size small.
SMALL = "GPU_ACCEPTANCE_SMALL"

PASS, FAIL, NOT_RUN = "PASS", "FAIL", "NOT RUN"


def write_cases(golden, parts):
    folder = parts / "cases"
    folder.mkdir(parents=True, exist_ok=True)
    cases = {f"small-{c['name']}": c for c in json.loads((golden / "small-models.json").read_text())}
    agreement = AGREEMENT_NONCES
    if os.environ.get(SMALL):
        tiny = cases[SMALLEST]
        cases = {SMALLEST: tiny}
        agreement = 8
        (parts / "sizes.out").write_text(f"all small, as {SMALL} is set: no figure tells anything of a GPU\n")
    for net in NETS:
        cases[net] = tiny if os.environ.get(SMALL) else json.loads((golden / f"{net}.json").read_text())
    cases["agreement"] = dict(cases["test-net"], nonces=list(range(agreement)), distances=[])
    for name, case in cases.items():
        kept = {k: case[k] for k in ("block_hash", "public_key", "params", "nonces", "distances")}
        (folder / f"{name}.json").write_text(json.dumps(kept))


class Missing(Exception):
    """A part that left nothing to judge, and why."""


class Parts:
    def __init__(self, folder):
        self.folder = folder

    def text(self, name):
        missing, out = self.folder / f"{name}.missing", self.folder / f"{name}.out"
        if missing.exists():
            raise Missing(f"{name}: {missing.read_text().strip()}")
        if not out.exists():
            raise Missing(f"{name}: not reached")
        return out.read_text()

    def json(self, name):
        text = self.text(name)
        for line in reversed(text.splitlines()):
            if line.startswith("{"):
                try:
                    return json.loads(line)
                except ValueError:
                    break
        raise Missing(f"{name}: printed no JSON but {text.strip()[:80]!r}")

    def cold_start(self, name):
        """Told before the rest, so that a run that was ended early has it as well."""
        try:
            return self.json(name)["cold_start"]
        except Missing:
            for line in self.log(name).splitlines():
                if line.startswith("{") and '"cold_start"' in line:
                    return json.loads(line)["cold_start"]
            raise

    def log(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def case(self, name):
        return json.loads((self.folder / "cases" / f"{name}.json").read_text())

    def distances(self, name):
        """What the engine found for a case, one distance a nonce."""
        return self.of_case(name, self.json(f"engine-{name}")["distances"])

    def of_case(self, name, distances):
        want = len(self.case(name)["nonces"])
        if len(distances) != want or not all(isinstance(d, float) and 0 <= d <= 2 for d in distances):
            raise Missing(f"{name}: {want} distances in [0, 2] expected, not {len(distances)} like {distances[:3]}")
        return distances

    def trial(self, net):
        """Whether the idle GPU found our own feed-forward kernel the faster way for a network's model, and what it measured; nothing where it did not."""
        path = self.folder / f"{net}.tuning"
        text = path.read_text(errors="replace") if path.exists() else ""
        dim = self.case(net)["params"]["dim"]
        for found in re.finditer(r"ffn \d+ (\d+) \d+\t(own|library) (.*)", text):
            if int(found[1]) == dim:
                return found[2] == "own", found[3]
        return None

    def watched(self, name):
        """Rows of nvidia-smi's samples taken during a part: MiB used, utilisation %, W, MHz, degrees C."""
        path = self.folder / f"{name}.smi"
        rows = []
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                rows.append([float(x) for x in line.split(",")])
            except ValueError:
                pass  # "[N/A]", or a line cut off at the end
        return rows


def mean(values):
    return sum(values) / len(values)


class Report:
    """Lines of the table and the verdicts, in order."""

    def __init__(self, parts):
        self.parts, self.rows, self.verdicts, self.figures = parts, [], [], {}

    def row(self, what, value, **figures):
        self.rows.append((what, value))
        self.figures.update(figures)

    def verdict(self, number, title, verdict, text):
        self.verdicts.append((number, title, verdict, text))

    def judged(self, number, title, judge):
        """A criterion whose parts are missing was not run; its figures so far stay in the table."""
        try:
            passed, text = judge()
            self.verdict(number, title, PASS if passed else FAIL, text)
        except Missing as missing:
            self.verdict(number, title, NOT_RUN, str(missing))
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as odd:
            self.verdict(number, title, FAIL, f"a part's figures cannot be read: {type(odd).__name__} {odd}")

    def golden(self):
        """Deviation from the golden distances, ours and the yardstick's beside each other."""
        yard, worst, ours_all, yards_all, pairs, absent, beyond = {}, 0.0, 0.0, 0.0, [], [], []
        try:
            yard = self.parts.json("yardstick-agreement")["distances"]
        except Missing as missing:
            absent.append(str(missing))
        nonces = compared = 0
        names = sorted(p.stem for p in (self.parts.folder / "cases").glob("*.json") if p.stem != "agreement")
        for name in names:
            want = self.parts.case(name)["distances"]
            try:
                ours = [abs(a - b) for a, b in zip(self.parts.distances(name), want)]
            except Missing as missing:
                absent.append(str(missing))
                self.row(f"1 deviation, {name}", "not run")
                continue
            nonces += len(ours)
            worst = max(worst, mean(ours))
            bound = MOST_DEVIATION_SMALL.get(name, MOST_DEVIATION_OTHER_SMALL) if name.startswith("small-") else MOST_DEVIATION
            if not mean(ours) <= bound:
                beyond.append(f"{name} {mean(ours):.2e}, at most {bound:.0e}")
            theirs = None
            if name in yard:
                each = [abs(a - b) for a, b in zip(yard[name], want)]
                pairs += [a - b for a, b in zip(ours, each)]
                theirs = mean(each)
            elif name == "main-net":
                try:
                    theirs = self.parts.json("yardstick-main-net")["mean_abs_error"]
                except Missing as missing:
                    absent.append(str(missing))
            if theirs is not None:
                compared += len(ours)
                ours_all += mean(ours) * len(ours)
                yards_all += theirs * len(ours)
            self.row(f"1 deviation, {name}", f"{mean(ours):.2e} (yardstick {'not run' if theirs is None else format(theirs, '.2e')})",
                     **{f"deviation_{name}": mean(ours), f"yardstick_deviation_{name}": theirs})
        if beyond:
            return False, f"mean deviations: {'; '.join(beyond)}"
        if absent:
            raise Missing(f"largest mean deviation of a case {worst:.2e}, but {'; '.join(absent)}" if nonces else "; ".join(absent))
        # No worse: ours is not above the yardstick's by more than chance, two standard errors of the differences nonce by nonce.
        allowed = 2 * math.sqrt(sum((d - mean(pairs)) ** 2 for d in pairs)) / len(pairs)
        ours_mean, yards_mean = ours_all / compared, yards_all / compared
        text = (f"{nonces} nonces of {len(names)} cases: largest mean deviation of a case {worst:.2e}; over all {ours_mean:.2e}, "
                f"the yardstick {yards_mean:.2e} (chance {allowed:.1e})")
        return ours_mean <= yards_mean + allowed, text

    def agreement(self):
        ours = self.parts.distances("agreement")
        theirs = self.parts.of_case("agreement", self.parts.json("yardstick-agreement")["distances"]["agreement"])
        below = [(a, b) for a, b in zip(ours, theirs) if a < R_TARGET]
        reported = [(a, b) for a, b in below if a < R_TARGET - MARGIN]
        lost = sum(b > R_TARGET for _, b in below)
        lost_reported = sum(b > R_TARGET for _, b in reported)
        gap = mean([abs(a - b) for a, b in zip(ours, theirs)])
        share = lost / len(below)
        self.row("2 deviation, ours from the yardstick, 2,000 nonces", f"{gap:.2e}, largest {max(abs(a - b) for a, b in zip(ours, theirs)):.2e}", agreement_gap=gap)
        self.row("2 below r_target", f"{len(below)} of {len(ours)}, the yardstick puts {lost} above; with a margin of {MARGIN:.0e}: {len(reported)}, {lost_reported}",
                 disagreeing=lost, below=len(below), disagreeing_beyond_margin=lost_reported)
        return share <= MOST_DISAGREEING, f"{lost} of {len(below)} below r_target lie above it for the yardstick: {share:.1e}, at most {MOST_DISAGREEING:.0e}"

    def speed(self, net):
        ours, own_kernel = self.parts.json(f"bench-{net}"), False
        chosen = self.parts.trial(net)
        if chosen:
            own_kernel = chosen[0]
            self.row(f"3 {net}, the feed-forward layer as the idle GPU measured it", f"{chosen[1]}", **{f"{net}_trial": chosen[1]})
        if net == "main-net":
            try:
                other = self.parts.json("bench-main-net-library" if own_kernel else "bench-main-net-hopper-ffn")
                if self.hopper() and other["nonces_per_second"] > ours["nonces_per_second"]:
                    ours, own_kernel = other, not own_kernel
            except Missing:
                pass  # the way that the node chose is judged alone
        rate, tflops, peak = ours["nonces_per_second"], ours["tflops"], ours["matrix_tflops"]
        idle = 1 - ours["device_busy_share"]
        self.row(f"3 {net}, nonces/s", f"{rate:.4g} in batches of {ours['batch']}, {tflops:.1f} TFLOP/s, GPU idle {idle:.2%}",
                 **{f"{net}_nonces_per_second": rate, f"{net}_tflops": tflops, f"{net}_idle_share": idle})
        if "valid_nonces_per_sprint" in ours:
            energy = f"; {ours['watts']:.0f} W, {ours['kwh_per_1000_valid']:.3f} kWh per 1,000" if "watts" in ours else ""
            self.row(f"3 {net}, valid nonces in five minutes", f"{ours['valid_nonces_per_sprint']:.0f}{energy}",
                     **{f"{net}_valid_per_sprint": ours["valid_nonces_per_sprint"], f"{net}_watts": ours.get("watts")})
        rows = self.parts.watched(f"bench-{net}")
        if rows:
            self.row(f"3 {net}, nvidia-smi", f"mean {mean([r[2] for r in rows]):.0f} W, {mean([r[3] for r in rows]):.0f} MHz, "
                     f"{max(r[4] for r in rows):.0f} °C at most, {mean([r[1] for r in rows]):.0f} % utilised (start included)")
        # Our own product rate is measured right behind the timed part, at its clock; the yardstick's is of a chip that has just rested.
        share = tflops / peak
        self.row(f"3 {net}, share of the 8192³ rate", f"{share:.1%} of {peak:.0f} TFLOP/s" + (" with our feed-forward kernel" if own_kernel else ""),
                 **{f"{net}_share": share, f"{net}_matrix_tflops": peak, f"{net}_own_kernel": own_kernel})
        least_share = (LEAST_SHARE if net == "main-net" else LEAST_SHARE_TEST_NET)[own_kernel]
        least_ratio = LEAST_RATIO_H100 if "H100" in str(ours.get("device")) else LEAST_RATIO
        try:
            yard = self.parts.json(f"yardstick-{net}")
            ratio = rate / yard["nonces_per_second"]
            self.row(f"3 {net}, yardstick", f"{yard['nonces_per_second']:.4g} nonces/s, {ratio:.2f} × that are ours; its 8192³ product {yard['matmul_8192_tflops']:.0f} "
                     f"TFLOP/s (ours {peak:.0f})", **{f"{net}_yardstick_nonces_per_second": yard["nonces_per_second"], f"{net}_ratio": ratio})
        except Missing as missing:
            ratio, absent = None, missing
        if share < least_share:
            return False, f"{share:.1%} of the 8192³ rate of {peak:.0f} TFLOP/s, at least {least_share:.0%}"
        if ratio is None:
            raise Missing(f"{rate:.4g} nonces/s, {share:.1%} of the 8192³ rate, but nothing to hold it against: {absent}")
        wanted = f", at least {least_ratio}" if net == "main-net" else ""
        return (net != "main-net" or ratio >= least_ratio,
                f"{rate:.4g} nonces/s, {share:.1%} of the 8192³ rate (at least {least_share:.0%}), {ratio:.2f} × the yardstick{wanted}; idle {idle:.2%}")

    def hopper(self):
        """Whether the GPU has the instructions of our own feed-forward kernel."""
        return any(g["used"] and g["compute_capability"] == "9.0" for g in self.parts.json("doctor")["devices"]["gpus"])

    def selftest(self):
        """Every kernel against sums in float64, at unit scale."""
        tested = self.parts.json("selftest")["devices"]
        for device in tested:
            self.row(f"1 self test, {device['id']}", f"{device['seconds']:.2f} s, {'; '.join(device['deviations']) or 'nothing deviates'}")
        return all(not device["deviations"] for device in tested), f"{len(tested)} devices, {sum(len(d['deviations']) for d in tested)} deviations"

    def hopper_ffn(self):
        """Our own feed-forward kernel beside the library's products: rows of the table, no criterion."""
        try:
            got = self.parts.of_case("test-net", self.parts.json("engine-test-net-hopper-ffn")["distances"])
            deviation = mean([abs(a - b) for a, b in zip(got, self.parts.case("test-net")["distances"])])
            self.row("1 deviation, test-net with our feed-forward kernel", f"{deviation:.2e}", deviation_test_net_hopper_ffn=deviation)
        except Missing as missing:
            self.row("1 deviation, test-net with our feed-forward kernel", f"not run ({missing})")
        try:
            chosen = self.parts.trial("main-net")
            pair = ("bench-main-net", "bench-main-net-library") if chosen and chosen[0] else ("bench-main-net-hopper-ffn", "bench-main-net")
            with_it, without = (self.parts.json(part)["nonces_per_second"] for part in pair)
            self.row("3 main-net with our feed-forward kernel", f"{with_it:.4g} nonces/s, {with_it / without:.3f} × without", hopper_ffn_ratio=with_it / without)
        except Missing as missing:
            self.row("3 main-net with our feed-forward kernel", f"not run ({missing})")

    def cold_start(self):
        cold = self.parts.cold_start("bench-main-net")
        total = cold["total_seconds"]
        by_part = ", ".join(f"{k.removesuffix('_seconds').replace('_', ' ')} {v:.2f}" for k, v in cold.items() if k != "total_seconds")
        self.row("4 main-net, cold start", f"{total:.2f} s: {by_part}", cold_start=cold)
        return total <= MOST_COLD_SECONDS, f"{total:.2f} s, at most {MOST_COLD_SECONDS:.0f}: {by_part}"

    def memory(self):
        problems = []
        for what, part in (("weights of all layers", "bench-main-net"), ("a layer's at a time, capped", "bench-main-net-capped")):
            try:
                figures = self.parts.json(part)
                used = max((r[0] for r in self.parts.watched(part)), default=None)
                seen = f", nvidia-smi {used:.0f} MiB at most" if used is not None else ""
                self.row(f"5 main-net, {what}", f"{figures['peak_device_bytes'] / 2**30:.2f} GiB taken{seen}; {figures['nonces_per_second']:.4g} nonces/s "
                         f"in batches of {figures['batch']}", **{f"{part}_peak_device_bytes": figures["peak_device_bytes"], f"{part}_smi_mib": used})
            except Missing as missing:
                problems.append(str(missing))
        if problems:
            raise Missing("; ".join(problems))
        peak, free = figures["peak_device_bytes"], self.parts.json("bench-main-net")["peak_device_bytes"]
        if not 0 < peak < free:
            return False, f"the capped run took {peak} bytes, the free one {free}: the cap had no effect"
        got = self.parts.of_case("main-net", self.parts.json("engine-main-net-capped")["distances"])
        deviation = mean([abs(a - b) for a, b in zip(got, self.parts.case("main-net")["distances"])])
        self.row("5 deviation, main-net capped", f"{deviation:.2e}", deviation_main_net_capped=deviation)
        most = max(peak / 2**20, used or 0)
        return (most <= SMALL_GPU_MIB and deviation <= MOST_DEVIATION,
                f"{most:.0f} MiB at most, of {SMALL_GPU_MIB}, mean deviation {deviation:.2e}; {figures['nonces_per_second']:.4g} nonces/s")

    def sanitizer(self, tool):
        name = f"sanitizer-{tool}"
        try:
            got = self.parts.of_case(SMALLEST, self.parts.json(name)["distances"])
        except Missing as missing:
            log = self.parts.log(name) + self.parts.log(f"{name}-tool")
            errors = re.search(r"(ERROR|RACECHECK) SUMMARY: (?!0 )(.*)", log)
            if errors:
                return False, errors.group(0)
            odd = re.search(r".*(not supported|Unable to find|No attachable).*", log)
            raise Missing(f"{missing}{': ' + odd.group(0).strip() if odd else ''}") from None
        log = self.parts.log(f"{name}-tool")
        summary = re.findall(r"(?:ERROR|RACECHECK) SUMMARY: .*", log)
        if not summary:
            raise Missing(f"{name}: no summary in its log")
        deviation = mean([abs(a - b) for a, b in zip(got, self.parts.case(SMALLEST)["distances"])])
        clean = all(re.search(r"SUMMARY: 0 (errors|hazards)", line) for line in summary)
        self.row(f"6 {tool}", f"{summary[-1]}, mean deviation {deviation:.1e}")
        return clean and deviation <= MOST_DEVIATION, f"{'; '.join(sorted(set(summary)))}, mean deviation {deviation:.1e}"

    def device(self):
        try:
            devices = self.parts.json("doctor")["devices"]
            gpu = next((g for g in devices["gpus"] if g["used"]), None)
            name = f"{gpu['name']}, compute capability {gpu['compute_capability']}, {gpu['memory_bytes'] / 2**30:.1f} GiB" if gpu else "no GPU is used"
            self.row("device", name, device=gpu)
            self.row("driver", devices["driver"] or "none", driver=devices["driver"])
        except (Missing, KeyError) as missing:
            self.row("device", f"unknown ({missing})")
        for part in ("date", "command", "version", "sizes"):
            if part == "sizes" and not os.environ.get(SMALL):
                continue
            try:
                self.row(part, self.parts.text(part).strip(), **{part: self.parts.text(part).strip()})
            except Missing:
                self.row(part, "unknown")


def report(parts, out):
    r = Report(Parts(parts))
    r.device()
    r.judged(1, "every kernel by itself", r.selftest)
    r.judged(1, "distances of the golden cases", r.golden)
    r.judged(2, "agreement as the network judges it", r.agreement)
    for net in NETS:
        r.judged(3, f"speed, {net}", lambda net=net: r.speed(net))
    r.hopper_ffn()
    r.judged(4, "cold start to the first main-net batch", r.cold_start)
    r.judged(5, "device memory of main-net", r.memory)
    for tool in ("memcheck", "racecheck"):
        r.judged(6, f"compute-sanitizer {tool}", lambda tool=tool: r.sanitizer(tool))
    lines = ["| what | measured |", "| --- | --- |"]
    lines += [f"| {what} | {value} |" for what, value in r.rows]
    lines += ["", "| # | criterion | verdict | figures |", "| --- | --- | --- | --- |"]
    lines += [f"| {number} | {title} | {verdict} | {text} |" for number, title, verdict, text in r.verdicts]
    table = "\n".join(line.replace("\n", " ") for line in lines)
    (out / "table.md").write_text(table + "\n")
    verdicts = [dict(number=n, criterion=t, verdict=v, figures=f) for n, t, v, f in r.verdicts]
    (out / "results.json").write_text(json.dumps(dict(verdicts=verdicts, figures=r.figures), indent=1) + "\n")
    print(table)
    print()
    for number, title, verdict, text in r.verdicts:
        print(f"{verdict:<7} {number} {title}: {text}")
    return 1 if any(verdict == FAIL for _, _, verdict, _ in r.verdicts) else 0


def gpu_computes(parts):
    try:
        return any(device.startswith("cuda") for device in parts.json("doctor")["devices"]["computing"])
    except (Missing, KeyError):
        return False


def main(what, first, second):
    if what == "cases":
        write_cases(first, second)
        return 0
    if what == "gpu":
        return 0 if gpu_computes(Parts(first)) else 1
    return report(first, second)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("cases", "gpu", "report"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], *map(Path, sys.argv[2:])))
