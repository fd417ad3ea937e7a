//! What spreads repeated measurements of one headphone, and what a rig can therefore resolve.

/// What spreads a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpreadCause {
    /// Another person.
    Operator,
    /// Another day.
    Day,
    /// Another day of the same person, beside what the day does to all.
    Session,
    /// Taking the headphone off and putting it on again.
    Reseat,
    /// Measuring again without touching anything.
    Repeat,
}

/// What is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatedFigure {
    /// The bass shelf.
    BassShelf,
    /// The level at so many hertz against the mean 300 Hz to 1 kHz.
    Level(u16),
}

/// How much one cause spreads a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpreadPart {
    /// The cause.
    pub cause: SpreadCause,
    /// Standard deviation in decibels; nothing if the cause spreads less than chance hides.
    pub sd_db: f64,
    /// Lower end of the interval of 95 %.
    pub from_db: f64,
    /// Upper end; absent where the data set none.
    pub to_db: Option<f64>,
}

/// Between what two states are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparing {
    /// One person on one day.
    SameDay,
    /// One person, each state on a day of its own.
    OtherDay,
    /// Each state by another person on another day.
    OtherPerson,
}

/// The smallest change that is seen four times in five, at 5 % false alarms.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// Between what.
    pub comparing: Comparing,
    /// For each of [`Repeatability::SEATINGS`] seatings of each state, in decibels; absent where
    /// nothing can be said of so few.
    pub change_db: Vec<Option<f64>>,
    /// As [`Self::change_db`] for [`Repeatability::AT_WORST`] seatings, every spread being as large
    /// as its interval allows; absent where that has no end.
    pub at_worst_db: Option<f64>,
    /// Seatings of each state that show each of [`Repeatability::CHANGES_DB`]; absent where no
    /// number of them does.
    pub seatings: Vec<Option<usize>>,
}

/// A figure with what spreads it.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureSpread {
    /// Which.
    pub figure: RepeatedFigure,
    /// Its mean over all, in decibels.
    pub mean_db: f64,
    /// The causes that the measurements can tell apart.
    pub parts: Vec<SpreadPart>,
    /// What can be resolved; of the bass shelf and of levels alike.
    pub resolutions: Vec<Resolution>,
    /// Degrees of freedom of the spread from seating to seating, and of that from day to day.
    pub dof: (Option<f64>, Option<f64>),
}

/// What a study of repeatability lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StudyGap {
    /// One person only.
    OneOperator {
        /// Who.
        operator: String,
    },
    /// A person who has measured on one day only.
    OneDay {
        /// Who.
        operator: String,
    },
    /// A person who has measured on fewer days than another.
    FewerDays {
        /// Who.
        operator: String,
        /// On how many days.
        days: usize,
        /// On how many the most diligent did.
        most: usize,
    },
    /// A session with fewer seatings than say something.
    FewSeatings {
        /// Who.
        operator: String,
        /// When.
        day: String,
        /// How many.
        seatings: usize,
        /// How many there should be.
        wanted: usize,
    },
}

/// What repeated measurements of one headphone say about a rig.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeatability {
    /// The persons, in alphabetical order.
    pub operators: Vec<String>,
    /// The sessions: person, day, seatings.
    pub sessions: Vec<(String, String, usize)>,
    /// Measurements in all.
    pub measurements: usize,
    /// Whether days are shared by persons.
    pub crossed: bool,
    /// The bass shelf and levels from bass to treble, as far as the curves hold them.
    pub figures: Vec<FigureSpread>,
    /// What is missing.
    pub gaps: Vec<StudyGap>,
}

impl SpreadCause {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Day => "day",
            Self::Session => "session",
            Self::Reseat => "reseat",
            Self::Repeat => "repeat",
        }
    }
}

impl Comparing {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::OtherDay => "other_day",
            Self::OtherPerson => "other_person",
        }
    }
}

impl RepeatedFigure {
    /// All of them, the bass shelf first.
    pub const ALL: [Self; 8] = [
        Self::BassShelf,
        Self::Level(25),
        Self::Level(100),
        Self::Level(500),
        Self::Level(2000),
        Self::Level(4000),
        Self::Level(8000),
        Self::Level(16_000),
    ];

    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::BassShelf => "bass_shelf".to_owned(),
            Self::Level(hz) => format!("level_{hz}_hz"),
        }
    }
}

impl FigureSpread {
    /// How much a cause spreads it, where that could be told.
    #[must_use]
    pub fn part(&self, cause: SpreadCause) -> Option<&SpreadPart> {
        self.parts.iter().find(|part| part.cause == cause)
    }
}

impl Repeatability {
    /// Seatings of each state that [`Resolution::change_db`] is given for.
    pub const SEATINGS: [usize; 5] = [1, 2, 3, 5, 10];
    /// Seatings of each state that [`Resolution::at_worst_db`] is given for.
    pub const AT_WORST: usize = 5;
    /// Changes in decibels that [`Resolution::seatings`] is given for.
    pub const CHANGES_DB: [f64; 2] = [1.0, 0.5];

    /// The figure that is chosen before looking.
    #[must_use]
    pub fn bass_shelf(&self) -> Option<&FigureSpread> {
        self.figures.iter().find(|spread| spread.figure == RepeatedFigure::BassShelf)
    }
}
