"""What diagnostic plots show, as numbers: Baujat, GOSH, radial, L'Abbé, quantiles, likelihoods."""
