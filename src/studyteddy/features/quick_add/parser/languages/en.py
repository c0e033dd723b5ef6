"""English phrases for quick add: for each kind, the phrases of a value, separated by `|`."""

CODE = "en"
NEXT_SKIPS_A_WEEK = True
"""“next friday” primarily means the friday of next week; the coming friday is the other choice."""

WORDS: dict[str, dict[int, str]] = {
    "day": {0: "today|tod", 1: "tomorrow|tmr|tmrw|tomorow|tommorow", 2: "day after tomorrow|the day after tomorrow"},
    "tonight": {9 * 60: "this morning", 15 * 60: "this afternoon", 20 * 60: "tonight|this evening"},
    "part": {
        9 * 60: "morning|in the morning",
        15 * 60: "afternoon|in the afternoon",
        19 * 60: "evening|in the evening",
        20 * 60: "night|at night",
    },
    "weekday": {
        0: "monday|mon",
        1: "tuesday|tue|tues",
        2: "wednesday|wed|weds",
        3: "thursday|thu|thur|thurs",
        4: "friday|fri",
        5: "saturday|sat",
        6: "sunday|sun",
    },
    "each": {0: "mondays", 1: "tuesdays", 2: "wednesdays", 3: "thursdays", 4: "fridays", 5: "saturdays", 6: "sundays"},
    "month": {
        1: "january|jan",
        2: "february|feb",
        3: "march|mar",
        4: "april|apr",
        5: "may",
        6: "june|jun",
        7: "july|jul",
        8: "august|aug",
        9: "september|sep|sept",
        10: "october|oct",
        11: "november|nov",
        12: "december|dec",
    },
    "unit": {1: "day|days", 7: "week|weeks|wk|wks", 30: "month|months", 365: "year|years"},
    "span": {1: "m|min|mins|minute|minutes", 60: "h|hr|hrs|hour|hours"},
    "length": {
        15: "a quarter of an hour|quarter of an hour",
        30: "half an hour|half hour|a half hour",
        90: "an hour and a half|one and a half hours|hour and a half",
    },
    "amount": {
        1: "a|an|one",
        2: "two|a couple of",
        3: "three",
        4: "four",
        5: "five",
        6: "six",
        7: "seven",
        8: "eight",
        9: "nine",
        10: "ten",
        11: "eleven",
        12: "twelve",
        14: "fourteen",
    },
    "next": {1: "next|the next"},
    "this": {1: "this|this coming|coming|the coming|upcoming"},
    "every": {1: "every|each|ev"},
    "freq": {1: "daily", 7: "weekly", 14: "biweekly|fortnightly", 30: "monthly", 365: "yearly|annually"},
    "ordinal": {1: "first", 2: "second|other", 3: "third", 4: "fourth", -1: "last"},
    "by": {1: "by|by the|for|for the|due|due by|due on|due at|due the|before|before the"},
    "until": {1: "until|until the|till|til|ending|through"},
    "on": {1: "on|the|on the|from|starting|starting on|beginning"},
    "at": {1: "at|@|around|due at|by"},
    "from": {1: "from"},
    "in": {1: "in|within|due in"},
    "for": {1: "for|takes|about|~|est"},
    "times": {1: "times|time"},
    "of": {1: "of|of the"},
    "and": {1: "and|&|,|, and|+|or"},
    "clock": {12 * 60: "noon|midday", 24 * 60: "midnight"},
    "past": {30: "half past", 15: "quarter past|a quarter past", -15: "quarter to|a quarter to"},
    "halfday": {0: "am|a.m.|a.m|in the morning", 12: "pm|p.m.|p.m|in the afternoon|in the evening|at night|tonight"},
    "oclock": {0: "o'clock|oclock"},
    "to": {1: "to|till|until"},
    "weekend": {1: "weekend|the weekend"},
    "set": {5: "weekday|weekdays|workday|workdays|working day", 2: "weekend|weekends"},
    "days": {5: "weekdays|on weekdays|workdays", 2: "weekends|on weekends|at weekends"},
    "end": {
        7: "end of week|end of the week|eow",
        30: "end of month|end of the month|end of this month|eom|month end",
        365: "end of year|end of the year|eoy",
    },
    "ofmonth": {1: "of the month|of each month|of every month|of month|a month|each month|every month"},
    "after": {1: "after completion|after i finish|after finishing|when done|once done|after done|upon completion"},
    "low": {1: "low|lo"},
    "medium": {1: "medium|med|normal"},
    "high": {1: "high|hi|important"},
    "urgent": {1: "urgent|asap|critical"},
}

AMBIGUOUS = "mon sat sun wed am a an m may mar dec jan sec from about second"
"""Words that often mean something else: they need an English line and a position where only a date fits."""

FUNCTION_WORDS = """\
the a an of to and or with for in on at by from my your his her our their is are was be do about into then
before after as it this that all if not no i we you he she they will can must need should have has finish study read
write review learn due next every each until"""
"""Function words, which indicate the language of a line."""

DANGLING = "by on at in for due until the every each and or with from to of about before a next this till , - – — : ; &"
"""Words to remove from an end of the title next to a removed part."""

COUNTED_NOUNS = """\
chapter chapters ch chap chaps page pages p pp pg pgs exercise exercises ex exs room rooms unit units
section sections sec question questions q qs problem problems prob probs sheet sheets lesson lessons part parts vol
volume level grade episode ep no number nr num step steps set week weeks module modules topic topics figure fig
table verse verses line lines version v track bus gate flight floor act scene book books group item items point
points paragraph theorem lemma eq equation bach opus psalm genesis mark score ratio iso din"""
"""Nouns whose number is neither a date nor a time."""
