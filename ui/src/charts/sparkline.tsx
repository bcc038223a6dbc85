// A small curve without axes.
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  if (values.length === 0) return <span class="muted">–</span>;
  const [width, height] = [110, 26];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const y = (value: number) =>
    high > low ? height - 3 - ((value - low) / (high - low)) * (height - 6) : height / 2;
  const x = (n: number) => (values.length > 1 ? 2 + (n / (values.length - 1)) * (width - 6) : 4);
  const steps = values.map((value, n) =>
    n === 0 ? `M${x(0)} ${y(value)}` : `H${x(n).toFixed(1)}V${y(value).toFixed(1)}`,
  );
  return (
    <svg class="sparkline" width={width} height={height} role="img" aria-label={label}>
      <path d={steps.join("")} fill="none" stroke="currentColor" stroke-width="1.5" />
      <circle cx={x(values.length - 1)} cy={y(values[values.length - 1]!)} r="2.5" />
    </svg>
  );
}
