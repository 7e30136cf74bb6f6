// Random: NumPy's generator PCG64, and the draws that training makes of it, bit for bit.

const PCG_MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const LOW_64 = (1n << 64n) - 1n;

/** PCG64: state <- state * multiplier + increment, 128 bits wide; 64 of them come out, turned. */
class Generator {
  /** from: {state, increment, half}, of which half is 32 bits left over, or null. */
  constructor(from) {
    this.state = BigInt(from.state);
    this.increment = BigInt(from.increment);
    this.half = from.half;
  }

  /** A generator of any whole number: its own, not one that NumPy would make of it. */
  static of(seed) {
    const state = (BigInt(seed) + 1n) * 0x9e3779b97f4a7c15f39cc0605cedc835n;
    const generator = new Generator({ state: BigInt.asUintN(128, state), increment: 1n, half: null });
    for (let count = 0; count < 4; count++) generator.bits();
    return generator;
  }

  /** What `constructor` goes on from. */
  saved() {
    return { state: this.state, increment: this.increment, half: this.half };
  }

  bits() {
    this.state = BigInt.asUintN(128, this.state * PCG_MULTIPLIER + this.increment);
    const turned = (this.state >> 64n) ^ (this.state & LOW_64);
    const by = this.state >> 122n;
    return BigInt.asUintN(64, (turned >> by) | (turned << (64n - by)));
  }

  bits32() {
    if (this.half !== null) {
      const half = this.half;
      this.half = null;
      return half;
    }
    const bits = this.bits();
    this.half = Number(bits >> 32n);
    return Number(bits & 0xffffffffn);
  }

  /** From [0, 1), in steps of 2^-53. */
  uniform() {
    return Number(this.bits() >> 11n) / 9007199254740992;
  }

  /** A whole number from 0 to `most`, by Lemire's multiplication without bias. */
  integer(most) {
    if (most === 0) return 0;
    const count = most + 1;
    const threshold = (4294967296 - count) % count;
    for (;;) {
      const product = BigInt(this.bits32()) * BigInt(count);
      if (Number(product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  /** The same by taking as many bits as `most` has until they are no more than it. */
  interval(most) {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const drawn = (this.bits32() & mask) >>> 0;
      if (drawn <= most) return drawn;
    }
  }

  /** The numbers below `count` in random order. */
  permutation(count) {
    const all = Int32Array.from({ length: count }, (_, index) => index);
    return shuffled(all, (most) => this.interval(most));
  }

  /** So many different numbers below `count`: Floyd's way, then shuffled. */
  choice(count, chosen) {
    const taken = new Set();
    for (let last = count - chosen; last < count; last++) {
      const drawn = this.integer(last);
      taken.add(taken.has(drawn) ? last : drawn);
    }
    return shuffled(Int32Array.from(taken), (most) => this.integer(most));
  }

  /** Normal, with mean 0 and variance 1, by Box and Muller. */
  normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** The items changed around, last to first, each with one drawn from those up to it. */
function shuffled(items, draw) {
  for (let last = items.length - 1; last > 0; last--) {
    const other = draw(last);
    [items[last], items[other]] = [items[other], items[last]];
  }
  return items;
}
