package result

// reaction is when the scaler first asked for more, and how long after that more
// was ready than when it did, both in seconds.
func (t Trial) reaction() (decision, ready *float64) {
	samples := t.sampled()
	for i := 1; i < len(samples); i++ {
		if samples[i].Wanted <= samples[i-1].Wanted {
			continue
		}
		at := samples[i].At.Seconds()
		for _, later := range samples[i:] {
			if later.Ready > samples[i-1].Ready {
				after := later.At.Seconds() - at
				return &at, &after
			}
		}
		return &at, nil
	}
	return nil, nil
}

// overshoot looks at the first moment of the largest number: later ones tell of
// how slowly the scaler goes down.
func (t Trial) overshoot(needed Schedule) *int {
	samples := t.sampled()
	if len(samples) == 0 || len(needed.Steps) == 0 {
		return nil
	}
	largest := samples[0]
	for _, s := range samples {
		if s.Wanted > largest.Wanted {
			largest = s
		}
	}
	over := largest.Wanted - needed.Replicas(largest.At)
	return &over
}

// reversals are how often the number wanted turned from rising to falling or
// back.
func (t Trial) reversals() int {
	samples := t.sampled()
	turns, direction := 0, 0
	for i := 1; i < len(samples); i++ {
		step := samples[i].Wanted - samples[i-1].Wanted
		if step*direction < 0 {
			turns++
		}
		if step != 0 {
			direction = step
		}
	}
	return turns
}
