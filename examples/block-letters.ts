/*
 * Letters three dots wide and five high. Each is a character and five octal digits, one a row from the top, whose
 * three bits are the row's dots: A is 2 5 7 5 5, which is  · ■ ·
 *                                                          ■ · ■
 *                                                          ■ ■ ■
 *                                                          ■ · ■
 *                                                          ■ · ■
 */
const font = `
  A25755 B65656 C34443 D65556 E74647 F74644 G34553 H55755 I72227 J11152 K55655 L44447 M57755
  N65555 O25552 P65644 Q25563 R65655 S34216 T72222 U55557 V55552 W55775 X55255 Y55222 Z71247
  075557 126227 271747 371717 455711 574717 674757 771111 875757 975717
  .00002 ,00024 :02020 !22202 ?71202 -00700 '22000`;

const glyphs = new Map([[' ', '00000']]);
for (const entry of font.trim().split(/\s+/)) glyphs.set(entry.charAt(0), entry.slice(1));

const rows = [0, 1, 2, 3, 4];

/**
 * Five rows of text. A dot is two characters wide, so a letter with the gap after it takes eight.
 *
 * @throws Error naming the first character that has no letter
 */
export function drawLine(text: string): string[] {
  const letters = Array.from(text.toUpperCase(), (character) => {
    const glyph = glyphs.get(character);
    if (glyph === undefined) throw new Error(`there is no letter for "${character}"`);
    return glyph;
  });
  return rows.map((row) => letters.map((glyph) => drawRow(glyph[row] ?? '0')).join('  '));
}

function drawRow(octalDigit: string): string {
  const dots = Number.parseInt(octalDigit, 8);
  return [4, 2, 1].map((bit) => ((dots & bit) === 0 ? '  ' : '██')).join('');
}
