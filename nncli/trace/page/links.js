// Links: from a number to the arithmetic that it comes from, and back.

const LINK = /\{(\w+)\.([\d,]*)\|([^}]*)\}/;
const trail = []; // the positions that links were followed from

/** Arithmetic without the origins of its numbers. */
function unlinked(text) {
  return text.replace(new RegExp(LINK, "g"), "$3");
}

/** Arithmetic in which each number links to its origin. */
function arithmeticInHtml(position, text) {
  const parts = text.split(/(\{\w+\.[\d,]*\|[^}]*\})/);
  return parts.flatMap((part) => {
    const [, key, place, number] = LINK.exec(part) ?? [];
    const shown = formulaInHtml(number ?? part, new Set());
    const origin = key && positions[position].tensor.operands[key];
    return origin ? [linkTo(named(position, origin).at, place, shown)] : shown;
  });
}

/** A formula whose right-hand symbols link to their origins. */
function linkedFormula(position) {
  const { tensor } = positions[position];
  const origins = new Map(Object.values(tensor.operands).map((name) => {
    const found = named(position, name);
    return [found.tensor.symbol, found.at];
  }));
  const [, own, rest] = /^(.*?(?:=|<-))?(.*)$/s.exec(tensor.formula || tensor.symbol);
  return [
    ...formulaInHtml(own ?? "", symbols),
    ...formulaInHtml(rest, symbols).map((part) => {
      const at = part.symbol && own ? origins.get(part.symbol) : undefined;
      return at === undefined ? part : linkTo(at, "", [part]);
    }),
  ];
}

function linkTo(at, place, shown) {
  const { tensor } = positions[at];
  const title = `${spelled(tensor, place)}: where it comes from`;
  return element("a", { class: "origin", href: addressOf(at, place), title }, ...shown);
}

/** A number's symbol and index: dW1[0,1]. */
function spelled(tensor, place) {
  const stage = tensor.name.endsWith("/after") ? "new " : "";
  return `${stage}${tensor.symbol}${place ? `[${place}]` : ""}`;
}

/** The address of a position, #12, or of a number, #12.0,1. */
function addressOf(position, place) {
  return `#${position + 1}${place ? `.${place}` : ""}`;
}

/** Go to the position and index of an address. */
function fromAddress(address = location.hash) {
  const [, number, place] = /^#(\d+)(?:\.([\d,]+))?$/.exec(address) ?? [];
  go(number ? Number(number) - 1 : 0, place?.split(",").map(Number));
}

/** Follow a link, and remember the way back. */
function follow(link) {
  trail.push({ position: state.position, index: state.index });
  fromAddress(link.hash);
  drawTrail();
}

function turnBack() {
  const { position, index } = trail.pop();
  go(position, index);
  drawTrail();
}

function drawTrail() {
  const button = document.getElementById("return");
  button.hidden = trail.length === 0;
  if (!trail.length) return;
  const { position, index } = trail.at(-1);
  button.textContent = `↩ to ${spelled(positions[position].tensor, index.join())}`;
}

/** Links to the positions whose numbers are computed from a position's. */
function onward(position) {
  const links = usedIn(position).map((at) =>
    linkTo(at, "", label(positions[at].tensor)));
  return links.length ? ["goes into ", ...links.flatMap((link, at) => (at ? [", ", link] : [link]))] : [];
}
