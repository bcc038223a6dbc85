// Foreign text as the page shows it: what would be obeyed or stay unseen becomes visible.
import { options, type VNode } from "preact";

/** Control characters but line feed and tab, marks that turn letters round, halves of characters. */
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;

/** The text with all that is unsafe as \u202e, as tunebook/records/text.py writes it. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (char) => {
    if (char === "\r") return "\\r";
    const code = char.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** Makes every text that is drawn visible, wherever it comes from: the one place for all of them. */
export function showText(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    const drawn = vnode as { type: unknown; props: unknown };
    if (typeof drawn.props === "string") drawn.props = visible(drawn.props);
    else if (typeof drawn.type === "string") {
      const props = drawn.props as { title?: unknown };
      if (typeof props.title === "string") props.title = visible(props.title);
    }
    before?.(vnode);
  };
}
