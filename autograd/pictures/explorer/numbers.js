// Numbers as people read and write them: the twin of numerals.py, and what is said to a field that holds no number.
const DIGITS = data.digits;

function isExact(x, n = DIGITS) {
  return !Number.isFinite(x) || x === 0 || Math.abs(Number(x.toPrecision(n)) - x) <= 1e-12 * Math.abs(x);
}

// Python's format(x, ".4g"), with the zeros at its end where it is rounded, and a minus as long as a plus
function shown(x, n = DIGITS) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  const [digits, power] = x.toExponential(n - 1).split("e"), exponent = Number(power);
  const isLong = exponent < -4 || exponent >= n;
  let text = isLong ? digits : x.toFixed(n - 1 - exponent);
  if (isExact(x, n) && text.includes(".")) text = text.replace(/\.?0+$/, "");
  if (isLong) text += "e" + (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(2, "0");
  return text.replaceAll("-", "−");
}

function asShown(x) {
  return Number.isFinite(x) ? Number(x.toPrecision(DIGITS)) : x;
}

const equal = (exactly) => (exactly ? " = " : " ≈ ");

// What a field shows: few digits, or, where it is edited, all of them
function inField(x, isWhole, n = 6) {
  return isWhole ? String(x) : String(Number(x.toPrecision(n))).replaceAll("-", "−");
}

// The number that somebody wrote, or an Error with the sentence to show
function read(text) {
  const written = text.trim().replaceAll("−", "-").replace(/^\+/, "");
  if (written === "") throw new Error(say("Write a number, such as −2.5."));
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(written)) {
    const comma = /^-?\d+,\d+$/.test(written);
    const wrong = text.trim().slice(0, 20);
    throw new Error(comma ? say("“{0}” is not a number. Write {1}.", wrong, written.replace(",", ".")) : say("“{0}” is not a number. Write a number, such as −2.5.", wrong));
  }
  const number = Number(written);
  if (!Number.isFinite(number)) throw new Error(say("{0} is beyond the largest number, 1.8e308.", written.slice(0, 20)));
  return number;
}

// A step that suits the size of a number: 0.1 for 2, 1 for 20
function stepFor(x) {
  return x === 0 ? 0.1 : 10 ** Math.max(Math.floor(Math.log10(Math.abs(x))) - 1, -12);
}

// without the digits that sums of steps leave behind
const tidy = (x) => Number(x.toPrecision(12));
