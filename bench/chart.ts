/** Draws items against total time, as an SVG with its own background for light and dark pages. */

export interface Point {
	items: number;
	node: number;
	loop: number;
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 56;
const RIGHT = 130;
const TOP = 40;
const BOTTOM = 52;

/** Round steps for the axis: at most six of them up to the top. */
function stepFor(top: number): number {
	const rough = top / 6;
	const power = 10 ** Math.floor(Math.log10(rough));
	return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
}

export function itemsChart(points: Point[], generationS: number): string {
	const longest = Math.max(...points.flatMap(({ node, loop }) => [node, loop]));
	const step = stepFor(longest * 1.1);
	const top = Math.ceil((longest * 1.05) / step) * step;
	const right = WIDTH - RIGHT;
	const bottom = HEIGHT - BOTTOM;
	const x = (index: number) => LEFT + ((right - LEFT) * (index + 0.5)) / points.length;
	const y = (seconds: number) => bottom - ((bottom - TOP) * seconds) / top;
	const at = (value: number) => value.toFixed(1);

	const grid: string[] = [];
	for (let seconds = 0; seconds <= top; seconds += step) {
		grid.push(
			`<line class="grid" x1="${LEFT}" x2="${right}" y1="${at(y(seconds))}" y2="${at(y(seconds))}"/>`,
			`<text class="small" x="${LEFT - 8}" y="${at(y(seconds) + 4)}" text-anchor="end">${seconds} s</text>`,
		);
	}
	const line = (who: 'node' | 'loop') => {
		const path = points.map((point, index) => `${at(x(index))},${at(y(point[who]))}`).join(' ');
		const dots = points.map((point, index) => {
			const [cx, cy] = [at(x(index)), at(y(point[who]))];
			const title = `<title>${who}, ${point.items} items: ${at(point[who])} s</title>`;
			return who === 'node'
				? `<circle class="${who} dot" cx="${cx}" cy="${cy}" r="4.5">${title}</circle>`
				: `<rect class="${who} dot" x="${at(x(index) - 4)}" y="${at(y(point[who]) - 4)}" width="8" height="8">${title}</rect>`;
		});
		return [`<polyline class="${who}" points="${path}"/>`, ...dots];
	};
	// The names stand at the ends of the lines, apart even where the lines are close.
	const last = points.at(-1) ?? { items: 0, node: 0, loop: 0 };
	const nodeAbove = last.node > last.loop;
	const close = Math.abs(y(last.node) - y(last.loop)) < 18;
	const middle = (y(last.node) + y(last.loop)) / 2;
	const nameY = (who: 'node' | 'loop') =>
		close ? middle + ((who === 'node') === nodeAbove ? -9 : 9) : y(last[who]);
	const name = (who: 'node' | 'loop', text: string) =>
		`<text class="${who} name" x="${right + 4}" y="${at(nameY(who) + 4)}">${text} ${at(last[who])} s</text>`;
	const ticks = points.map(
		({ items }, index) =>
			`<text class="small" x="${at(x(index))}" y="${bottom + 18}" text-anchor="middle">${items}</text>`,
	);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title">
<title id="title">Total time for one item up to ${last.items}, for the node and for a hand-made loop</title>
<style>
	.ground { fill: #ffffff; }
	text { font: 14px system-ui, sans-serif; fill: #24292f; }
	.small { font-size: 12px; }
	.grid { stroke: #8c959f; stroke-opacity: 0.35; }
	.dot { stroke: none; }
	polyline { fill: none; stroke-width: 2.5; }
	polyline.node { stroke: #0969da; }
	polyline.loop { stroke: #bc4c00; stroke-dasharray: 7 4; }
	.node.dot, .node.name { fill: #0969da; }
	.loop.dot, .loop.name { fill: #bc4c00; }
	@media (prefers-color-scheme: dark) {
		.ground { fill: #0d1117; }
		text { fill: #e6edf3; }
		polyline.node { stroke: #58a6ff; }
		polyline.loop { stroke: #f0883e; }
		.node.dot, .node.name { fill: #58a6ff; }
		.loop.dot, .loop.name { fill: #f0883e; }
	}
</style>
<rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="8"/>
<text x="${LEFT}" y="22">From start to files, each generation taking ${generationS} s</text>
${[...grid, ...ticks, ...line('loop'), ...line('node'), name('loop', 'loop'), name('node', 'node')].join('\n')}
<text class="small" x="${at((LEFT + right) / 2)}" y="${HEIGHT - 14}" text-anchor="middle">items</text>
</svg>
`;
}
