/** The position of an image candidate's URL within a `srcset` value. */
export interface Candidate {
  start: number;
  end: number;
}

/** Finds the URLs in a `srcset` value with the algorithm of the HTML standard (section 4.8.4.3.8). */
export function findCandidates(value: string): Candidate[] {
  const candidates: Candidate[] = [];
  const between = /[\t\n\f\r ,]*/y;
  const url = /[^\t\n\f\r ]+/y;
  for (let position = 0; ;) {
    position = skip(between, value, position);
    const end = skip(url, value, position);
    if (end === position) return candidates;
    const trailing = /,*$/.exec(value.slice(position, end))?.[0].length ?? 0;
    candidates.push({ start: position, end: end - trailing });
    position = trailing > 0 ? end : skipDescriptors(value, end);
  }
}

function skip(pattern: RegExp, value: string, position: number): number {
  pattern.lastIndex = position;
  return position + (pattern.exec(value)?.[0].length ?? 0);
}

/** Descriptors end at the first comma outside parentheses. */
function skipDescriptors(value: string, from: number): number {
  let depth = 0;
  for (let position = from; position < value.length; position++) {
    const character = value[position];
    if (character === "(") depth = 1;
    else if (character === ")") depth = 0;
    else if (character === "," && depth === 0) return position + 1;
  }
  return value.length;
}
