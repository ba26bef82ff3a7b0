import { describe, expect, test } from "vitest";
import { findReferences } from "../../src/documents/find.ts";
import type { Format } from "../../src/documents/reference.ts";
import { rewrite } from "../../src/documents/reference.ts";

/** A text in which ⟦ and ⟧ enclose every URL to find, and nothing else. */
type Row = [name: string, text: string, urls?: string[]];

const MARKDOWN: Row[] = [
  ["an inline image", "![a](⟦a.png⟧)"],
  ["an image with a title", `text ![a](⟦img/a.png⟧ "title (with) brackets") text`],
  ["in angle brackets", "![a](<⟦my pictures/a b.png⟧>)"],
  ["white space and a line break around", "![a](\n  ⟦a.png⟧\n  'title')"],
  ["balanced parentheses", "![a](⟦a(1).png⟧)"],
  ["backslash escapes", "![a](⟦a\\(1.png⟧)", ["a(1.png"]],
  ["character references", "![a](⟦a&amp;b&#32;c.png⟧)", ["a&b c.png"]],
  ["percent-encoding", "![a](⟦a%20b.png⟧)", ["a%20b.png"]],
  ["a linked image, not the link", "[![a](⟦t.png⟧)](full.png)"],
  ["a linked reference image", "[![a][t]](full.png)\n\n[t]: ⟦t.png⟧"],
  ["a reference image", "![a][x]\n\n[x]: ⟦a.png⟧ 'title'"],
  ["a collapsed one", "![a b][]\n\n[A  B]: ⟦a.png⟧"],
  ["a shortcut one", "![a]\n\n[a]: <⟦a b.png⟧>"],
  ["a definition used by two images", "![a][x] ![b][x]\n\n[x]: ⟦a.png⟧"],
  ["a definition used by a link and an image", "[a][x] ![b][x]\n\n[x]: ⟦a.png⟧"],
  ["a definition used by a link alone", "[a][x]\n\n[x]: a.png"],
  ["only the first of two definitions", "![a][x]\n\n[x]: ⟦a.png⟧\n[x]: b.png"],
  ["a definition over lines, in a block quote", "> ![a][x]\n>\n> [x]:\n>   ⟦a.png⟧\n>   'title'"],
  [
    "lists, quotes and headings",
    "# ![a](⟦1.png⟧)\n\n- ![a](⟦2.png⟧)\n  > ![a](⟦3.png⟧)\n\n1. x\n\n   ![a](⟦4.png⟧)"
  ],
  ["a table", "| a | b |\n|---|---|\n| ![a](⟦a.png⟧) | x\\|y ![a](⟦b.png⟧) |"],
  ["a footnote", "x[^1]\n\n[^1]: ![a](⟦a.png⟧)"],
  ["only the outer of two nested images", "![x ![a](inner.png) y](⟦a.png⟧)"],
  ["an image in emphasis in a link", "[*![a](⟦a.png⟧)*](b)"],
  ["no destination", "![a]() ![b](<>) ![c]"],
  ["links", "[a](a.png) <a.png> www.example.com/a.png"],
  ["a code span", "`![a](a.png)` and ``![`a`](a.png)``"],
  ["fenced code", "```md\n![a](a.png)\n<img src='a.png'>\n```\n\n~~~\n![a](a.png)\n~~~"],
  ["indented code", "text\n\n    ![a](a.png)\n    <img src=a.png>"],
  ["escaped markup", "\\![a](a.png) !\\[a](a.png) \\<img src=a.png>"],
  ["a comment", "<!-- ![a](a.png) <img src='a.png'> -->"],
  ["a comment within a paragraph", "text <!-- ![a](a.png) --> text ![b](⟦b.png⟧)"],
  ["a comment over blocks", "<!--\n\n![a](a.png)\n\n-->\n\n![b](⟦b.png⟧)"],
  [
    "a comment that HTML ends later than Markdown",
    "<div>\n<!--\n\n![a](a.png)\n\n<p>--></p>\n</div>\n\n![b](⟦b.png⟧)"
  ],
  [
    "tags in text that hide nothing on GitHub",
    "a <title> ![a](⟦a.png⟧) <SCRIPT>\n\n![b](⟦b.png⟧) x <textarea>\n\n<img src=⟦c.png⟧> <xmp> ![d](⟦d.png⟧)"
  ],
  ["unquoted values with slashes", "<img src=⟦img/a/b.png⟧> x <img alt=/ src=⟦/c/d.png⟧ title='a=b/c'>"],
  [
    "prose of all kinds between images",
    "Some *prose* with `code`\nover lines\n\n![a](⟦a.png⟧)\n\nProse\r\n\r\n```\nCode\n\n![c](c.png)\n\nCode\n```\n\n- item\n\nProse\n\n    ![code](x.png)\n\nProse\n- item\n\n    ![b](⟦b.png⟧)\n\n<!--\n\nProse\n\n![x](x.png)\n\nProse -->\n\nProse ![c](⟦c.png⟧)"
  ],
  ["script and style", "<script>\nx = '<img src=a.png>'\n</script>\n\n<style>\na{}\n</style>"],
  ["YAML front matter", "---\nimage: ⟦a.png⟧\nother: c.png\nx: '![a](a.png)'\n---\n![b](⟦b.png⟧)"],
  ["TOML front matter", "+++\nimage = '![a](a.png)'\n+++\n![b](⟦b.png⟧)"],
  ["front matter with CRLF", "---\r\nimage: '![a](a.png)'\r\n---\r\n![b](⟦b.png⟧)"],
  ["front matter behind a byte order mark", "\uFEFF---\nimage: '![a](a.png)'\n---\n![b](⟦b.png⟧)"],
  ["a thematic break at the top", "---\n\n![a](⟦a.png⟧)\n\n---\n\n![b](⟦b.png⟧)"],
  ["front matter that never ends", "---\nx: 1\n\n![a](⟦a.png⟧)"],
  ["a byte order mark", "\uFEFF![a](⟦a.png⟧)"],
  ["CRLF, CR and tabs", "x\r\n\r\n\t- y\r\n\r\n![a](⟦a.png⟧)\r\r![b](⟦b.png⟧)"],
  ["characters beyond the basic plane", "😀 ![😀](⟦😀.png⟧) 𝒳 ![b](⟦b.png⟧)"],
  ["NUL", "a\u0000b ![a](⟦a.png⟧)"],
  ["HTML in a paragraph", `text <img src="⟦a.png⟧" alt="x"> text <IMG alt=y SRC='⟦b.png⟧'/>`],
  ["HTML in a table", `| a |\n|---|\n| <img src="⟦a.png⟧"> |`],
  ["a block of HTML", `<p align="center">\n  <img\n    width=20\n    src="⟦a.png⟧">\n</p>`],
  ["Markdown between HTML", `<details>\n\n![a](⟦a.png⟧)\n\n<img src="⟦b.png⟧">\n</details>`],
  [
    "a picture",
    `<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="⟦dark.png⟧">\n  <img src="⟦light.png⟧">\n</picture>`
  ],
  ["a picture in a paragraph", `x <picture><source srcset="⟦d.png⟧"><img src="⟦l.png⟧"></picture>`],
  [
    "HTML in a block quote",
    `> <p>\n> <img src="⟦a.png⟧"\n>   srcset="⟦b.png⟧ 1x,\n>     ⟦c.png⟧ 2x">\n> </p>`
  ],
  ["HTML in a list", `- x\n\n  <p>\n    <img src="⟦a.png⟧">\n      <img src="⟦b.png⟧">\n  </p>`],
  ["HTML in a list with tabs and CRLF", `-\t<p>\r\n\t\t<img src="⟦a.png⟧">\r\n\t</p>`],
  ["HTML in a quote in a list", `1. > <div\n   > title=x>\n   > <img src='⟦a.png⟧'></div>`],
  ["an inline tag over lines in a quote", `> text <img\n> src="⟦a.png⟧"\nalt="lazy"> end`],
  ["an unclosed tag", `<img src="a.png"`]
];

const HTML: Row[] = [
  ["an image", `<!doctype html><body><img src="⟦a.png⟧">`],
  ["every kind of quotes", `<img src="⟦a.png⟧"><img src='⟦b.png⟧'><img src=⟦c.png⟧><img src = "⟦d.png⟧" >`],
  ["white space in the value", `<img src="  ⟦a b.png⟧\n">`, ["a b.png"]],
  ["character references", `<img src="⟦a&amp;b&#x20;c&eacute;.png⟧">`, ["a&b cé.png"]],
  ["the first of two attributes", `<img src="⟦a.png⟧" src="b.png">`],
  ["no value", `<img src><img src=""><img src=" "><img>`],
  ["srcset", `<img srcset="⟦a.png⟧, ⟦a@2x.png⟧ 2x,⟦c.png⟧ 100w , ⟦d,e.png⟧ 3x">`],
  [
    "srcset with character references",
    `<img srcset='⟦a&amp;b.png⟧ 1x, ⟦"c".png⟧ 2x'>`,
    ["a&b.png", '"c".png']
  ],
  ["srcset with other white space in a name", `<img srcset="⟦a\u3000b.png⟧ 1x, ⟦c\u00a0d.png⟧ 2x">`],
  ["srcset with a data URL", `<img srcset="⟦data:image/png;base64,AAAA⟧ 1x, ⟦b.png⟧ 2x">`],
  ["srcset with parentheses", `<img srcset="⟦a.png⟧ foo(1, 2), ⟦b.png⟧ 2x">`],
  [
    "source of a picture",
    `<picture><source srcset="⟦a.webp⟧" type="image/webp"><img src="⟦a.png⟧"></picture>`
  ],
  [
    "the poster of a video",
    `<video poster="⟦p.jpg⟧" src="v.mp4"><source src="v.webm"></video><audio src=a.ogg></audio>`
  ],
  ["an image button", `<input type="IMAGE" src="⟦a.png⟧"><input type=text src="b.png">`],
  ["SVG's image", `<svg><image href="⟦a.png⟧"/><image xlink:href="⟦b.png⟧"/><use href="#c"/></svg>`],
  [
    "icons and preloads",
    `<link rel="shortcut icon" href="⟦f.ico⟧"><link rel=apple-touch-icon href=⟦t.png⟧><link rel=preload as=image href="⟦a.png⟧" imagesrcset="⟦b.png⟧ 2x"><link rel=stylesheet href=s.css><link rel=preload as=font href=f.woff>`
  ],
  [
    "social previews",
    `<meta property="og:image" content="⟦a.png⟧"><meta name="twitter:image" content="⟦b.png⟧"><meta name=description content="c.png">`
  ],
  [
    "links to images (published on request), not scripts, styles and frames",
    `<a href="⟦a.png⟧"></a><a href="a.html"></a><script src=a.js>"<img src=a.png>"</script><iframe src=a.html></iframe>`
  ],
  [
    "comments, including conditional ones",
    `<!-- <img src="a.png"> --><!--[if IE]><img src="b.png"><![endif]-->`
  ],
  [
    "text that looks like a tag",
    `<textarea><img src=a.png></textarea><title><img src=a.png></title>&lt;img src=a.png>`
  ],
  [
    "noscript and template",
    `<noscript><img src="⟦a.png⟧"></noscript><template><img src="⟦b.png⟧"></template>`
  ],
  [
    "tables and broken markup",
    `<table><img src="⟦a.png⟧"><tr><td><b><p><img src=⟦b.png⟧></b></table></p><img src="⟦c.png⟧"`.concat(">")
  ],
  ["code shows images too", `<pre><code><img src="⟦a.png⟧"></code></pre>`],
  ["CRLF and a byte order mark", `\uFEFF<p>\r\n<img\r\n src="⟦a.png⟧"\r\n>\r\n😀<img src="⟦b.png⟧">`]
];

const DIALECTS: Row[] = [
  [
    "MkDocs' tabs and admonitions, nested, and code in them",
    '=== "Tab"\n\n    ![a](⟦a.png⟧)\n\n        ![code](x.png)\n\n    !!! note "N"\n        text <img src="⟦b.png⟧">\n\n        ```\n        ![c](x.png)\n        ```\n\n??? tip\n\t![t](⟦t.png⟧) ![r][r]\n\ntext\n\n    ![code](x.png)\n\n[r]: ⟦r.png⟧\n'
  ],
  ["MkDocs' admonition in a list", "- x\n\n    !!! note\n\n        ![a](⟦a.png⟧)\n\n    ![b](⟦b.png⟧)"],
  [
    "code that shows MkDocs' markup",
    "```\n!!! note\n\n    ![a](a.png)\n```\n\n    === x\n\n        ![b](b.png)"
  ],
  [
    "an Obsidian embed, not code and not notes",
    "⟦![[a b.png|300]]⟧ `![[c.png]]` ![[Note]] ⟦![[d.png]]⟧\n\n```\n![[e.png]]\n```",
    ["a b.png", "d.png"]
  ],
  ["Hugo's figure", '{{< figure src="⟦img/a.png⟧" title="x" >}}\n\n    {{< figure src="b.png" >}}'],
  ["Jekyll's include", '{% include figure.html src="⟦/img/a.png⟧" alt="x" %}'],
  ["MyST's directives", "```{figure} ⟦a.png⟧\n:width: 300\n```\n\n:::{image} ⟦b.png⟧\n:::"],
  [
    "fields of front matter",
    '---\ntitle: x.png\ncover:\n  image: "⟦a.png⟧"\nog:image: ⟦b.png⟧\nimage: 5\n---\n'
  ],
  ["fields of TOML front matter", "+++\nimage = '⟦a.png⟧'\n+++\n"]
];

const CSS: Row[] = [
  ["url() in every kind of quotes", `a { background: url(⟦a.png⟧) , url( "⟦b c.png⟧" ), URL('⟦d.webp⟧') }`],
  [
    "fonts, sheets, comments and strings",
    `@import url(x.css); /* url(a.png) */ a::after { content: "url(a.png)"; src: url(f.woff2) }`
  ]
];

const NOTEBOOK: Row[] = [
  [
    "Markdown cells, line by line",
    '{"cells":[{"cell_type":"markdown","metadata":{},"source":["# \\"T\\" \\u00e9\\n","![a](⟦a.png⟧) \\n<img src=\\"⟦b.png⟧\\">"]},{"cell_type":"code","source":["![c](c.png)"]},{"source":"![d](⟦d.png⟧)","cell_type":"markdown"}],"nbformat":4}'
  ]
];

const MDX: Row[] = [
  ["Markdown's images", "---\nimage: ⟦f.png⟧\n---\n\n![a](⟦a.png⟧) ![b][x]\n\n[x]: ⟦b.png⟧"],
  [
    "comments and code",
    "{/* ![a](a.png) <img src='b.png'/> */}\n\n`![c](c.png)`\n\n```js\nrequire('./d.png')\n```"
  ],
  [
    "attributes of HTML",
    `<img src="⟦a.png⟧" srcSet='⟦b&amp;.png⟧ 1x, ⟦c.png⟧ 2x' alt="d.png"/>`,
    ["a.png", "b&.png", "c.png"]
  ],
  [
    "attributes of components that name images",
    '<Card src="⟦./a.png⟧"/> <Card.X src="a.mp4"/> <Figure poster="⟦p.jpg⟧" href="h.png"/>'
  ],
  ["JSX in a quote, over lines", '> <p>\n>   <img\n>     src="⟦a.png⟧"/>\n> </p>'],
  [
    "an import that is an address",
    `⟦import hero from './hero.png';⟧\n\n# T\n\n<img src={hero}/> and {x && <img src={hero}/>}`,
    ["./hero.png"]
  ],
  [
    "an import that nothing uses, and others",
    `import hero from './hero.png'\nimport {a} from './b.js'\nimport './c.css'\n\n# T`
  ],
  [
    "an import that is more than an address",
    `import hero from ⟦'./hero.png'⟧\n\n<Image src={hero}/> <img src={hero}/>`,
    ["{hero}"]
  ],
  [
    "require",
    `<img src={⟦require('./a.png').default⟧}/> {⟦require("@site/static/b.png")⟧} {require('./c.js')}`,
    ["./a.png", "@site/static/b.png"]
  ],
  [
    "the published forms of imports and require",
    `export const hero = "⟦https://cdn.imgwire.dev/a⟧";\n\n<img src={hero}/> <img src={"⟦https://cdn.imgwire.dev/b⟧"}/>`
  ],
  ["JSX in an expression", `{a ? <img src="⟦a.png⟧" srcSet="⟦b.png⟧ 2x"/> : <Foo src="⟦c.png⟧"/>}`],
  [
    "other expressions",
    "<img src={⟦`/img/${name}.png`⟧}/> <img src={⟦props.image⟧}/> <Image src={x.y}/>",
    ["{`/img/${name}.png`}", "{props.image}"]
  ]
];

describe.each<[Format, Row[]]>([
  ["mdx", MDX],
  ["markdown", DIALECTS],
  ["css", CSS],
  ["notebook", NOTEBOOK],
  ["markdown", MARKDOWN],
  ["html", HTML]
])("image references in %s", (format, rows) => {
  test.each(rows)("finds exactly the images in: %s", (_, marked, urls) => {
    const text = marked.replace(/[⟦⟧]/g, "");
    const { references } = findReferences(text, format);
    const shown = [...references].reverse().reduce((all, { start, end }) => {
      return `${all.slice(0, start)}⟦${all.slice(start, end)}⟧${all.slice(end)}`;
    }, text);
    expect(shown).toBe(marked);
    const written = [...marked.matchAll(/⟦(.*?)⟧/g)].map((match) => match[1]);
    expect(references.map(({ url }) => url)).toEqual(urls ?? written);
  });
});

const URLS = [
  "https://cdn.imgwire.dev/org/env/image",
  "https://cdn.imgwire.dev/a(b)c)/%20/é".normalize(),
  "https://cdn.imgwire.dev/x?a=1&copy;=2&amp=3&lt;#f|g`h'i\"j<k>\\l"
];

describe("a rewritten reference", () => {
  const places: [string, Format, string][] = [
    ["a destination", "markdown", "![a](a.png 'title')"],
    ["a destination in angle brackets", "markdown", "![a](<a b.png>)"],
    ["a definition", "markdown", "![a][x]\n\n[x]: a.png\n"],
    ["a table's cell", "markdown", "| a | b |\n|---|---|\n| ![a](a.png) | x |\n"],
    ["HTML in a table's cell", "markdown", "| a | b |\n|---|---|\n| <img src='a.png'> | x |\n"],
    ["HTML in Markdown", "markdown", "x <img src='a.png'>"],
    ["double quotes", "html", '<img src="a.png">'],
    ["single quotes", "html", "<img src='a.png'>"],
    ["no quotes", "html", "<img src=a.png>"],
    ["srcset", "html", "<img srcset='a.png 2x'>"]
  ];
  const rows = places.flatMap(([name, format, text]) =>
    URLS.map((url) => [name, url, format, text] as const)
  );
  test.each(rows)("reads back the same URL after writing it as %s: %s", (_, url, format, text) => {
    const [reference] = findReferences(text, format).references;
    if (!reference) throw new Error("nothing found");
    const result = rewrite(text, [{ ...reference, url }]);
    const read = findReferences(result, format).references;
    expect(read.map((each) => each.url)).toEqual([url]);
    const tail = text.length - reference.end;
    expect(result.slice(0, reference.start)).toBe(text.slice(0, reference.start));
    expect(result.slice(result.length - tail)).toBe(text.slice(reference.end));
  });
});
